"""A libvirt connection and the machines seen through it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import libvirt

from harness.deadline import wait_for
from harness.errors import HarnessError

READY = 30.0
"""Seconds until libvirtd answers; it takes 0.3 on an idle machine."""
AGAIN = 5.0
"""Seconds until a machine that still runs is asked again to power off."""
_POWER_OFF = libvirt.VIR_DOMAIN_PROCESS_SIGNAL_RT6
"""What systemd as init takes for power-off: SIGRTMIN+4 of systemd(1).

libvirt counts from the kernel's first real-time signal, the C library from two later (signal(7)).
"""


def _keep_quiet(_context: object, _error: object) -> None:
    """libvirt prints errors on standard error by default; here they come as exceptions."""


class Hypervisor:
    """libvirt at one URI."""

    def __init__(self, uri: str) -> None:
        libvirt.registerErrorHandler(_keep_quiet, None)
        self.uri = uri
        self._connection = wait_for("libvirt to answer", self._try, READY, where=uri, pause=0.01)

    def _try(self) -> libvirt.virConnect:
        try:
            return libvirt.open(self.uri)
        except libvirt.libvirtError as error:
            raise ConnectionError(error.get_error_message()) from None

    def close(self) -> None:
        self._connection.close()

    def version(self) -> str:
        number = self._connection.getLibVersion()
        return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"

    def names(self) -> list[str]:
        """Names of the machines that run; raises HarnessError if libvirt does not answer."""
        with _translated("can't list the nodes"):
            return [domain.name() for domain in self._connection.listAllDomains() if domain.isActive()]

    def create(self, domain_xml: str, node: str) -> None:
        """Start the machine of ``node``, which libvirt forgets when it ends; raises HarnessError."""
        with _translated(f"can't start the node {node}"):
            self._connection.createXML(domain_xml, 0)

    def is_active(self, name: str) -> bool:
        domain = self._find(name)
        with contextlib.suppress(libvirt.libvirtError):
            return domain is not None and bool(domain.isActive())
        return False

    def power_off(self, name: str, seconds: float) -> None:
        """Ask the machine's init to power off and wait until it has; raises WaitError.

        It is asked again now and then: a libvirtd that has just found the machine again may not know its
        init yet, and says so with an error.
        """
        asked = -AGAIN

        def is_off() -> bool:
            nonlocal asked
            if time.monotonic() - asked >= AGAIN and self._ask_off(name):
                asked = time.monotonic()
            return not self.is_active(name)

        wait_for(f"{name} to power off", is_off, seconds, where=self.uri)

    def _ask_off(self, name: str) -> bool:
        domain = self._find(name)
        with contextlib.suppress(libvirt.libvirtError):
            return domain is not None and domain.sendProcessSignal(1, _POWER_OFF, 0) == 0
        return False

    def destroy(self, name: str) -> None:
        """Pull the plug and wait until the machine is gone."""
        domain = self._find(name)
        if domain is None:
            return
        with contextlib.suppress(libvirt.libvirtError):
            domain.destroy()
        wait_for(f"{name} to be gone", lambda: not self.is_active(name), 30.0, where=self.uri)

    def describe(self, name: str) -> str:
        """The XML of a running machine, for evidence."""
        domain = self._find(name)
        return domain.XMLDesc(0) if domain is not None else ""

    def console(self, name: str) -> libvirt.virStream:
        """An open stream on the machine's console."""
        domain = self._find(name)
        if domain is None:
            raise HarnessError(f"the node {name!r} is not running", where=self.uri)
        stream = self._connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
        with _translated("can't open the console"):
            # No flags: the LXC driver of libvirt 9 knows none.
            domain.openConsole(None, stream, 0)
        return stream

    def _find(self, name: str) -> libvirt.virDomain | None:
        with contextlib.suppress(libvirt.libvirtError):
            return self._connection.lookupByName(name)
        return None


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except libvirt.libvirtError as error:
        raise HarnessError(
            what, where="libvirt", why=(error.get_error_message() or str(error)).strip()
        ) from None
