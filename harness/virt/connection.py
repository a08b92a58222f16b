"""A libvirt connection and the machines seen through it.

No call of libvirt has a time limit of its own: a libvirtd that is stopped, or stuck, holds its callers for
ever.  Every call goes through ``Hypervisor._ask``, which gives it one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

import libvirt

from harness.deadline import Deadline, wait_for, within
from harness.errors import HarnessError, LostError, SilentError

T = TypeVar("T")
READY = 30.0
"""Seconds until libvirtd answers; it takes 0.3 on an idle machine."""
ANSWER = 20.0
"""Seconds for one question; it takes milliseconds on an idle machine."""
MAKING = 90.0
"""Seconds until a machine is made, or destroyed; it takes 0.3 on an idle machine."""
SLOW = 4.0
"""MiB in a second that a busy disk takes at least, or gives, of a machine's memory while others' are written,
too; an idle one of 2024 takes a thousand."""
GONE = 30.0
"""Seconds until one is gone whose plug was pulled."""
CLOSING = 1.0
"""Seconds for a connection that nobody needs any more."""
LAST = 0.5
"""Seconds for the last try of several, when their time is nearly over."""
AGAIN = 5.0
"""Seconds until a machine that still runs is asked again to power off."""
_POWER_OFF = libvirt.VIR_DOMAIN_PROCESS_SIGNAL_RT6
"""What systemd as init takes for power-off: SIGRTMIN+4 of systemd(1).

libvirt counts from the kernel's first real-time signal, the C library from two later (signal(7)).
"""


_CTRL_ALT_DEL = (29, 56, 111)
"""KEY_LEFTCTRL, KEY_LEFTALT and KEY_DELETE of the kernel's input-event-codes.h."""


def _keep_quiet(_context: object, _error: object) -> None:
    """libvirt prints errors on standard error by default; here they come as exceptions."""


def answers(uri: str, seconds: float) -> bool:
    """Whether a libvirtd takes a connection now; one that is stuck gets so many seconds."""
    try:
        within(seconds, "libvirtd to take a connection", lambda: _opened(uri).close(), where=uri)
    except (ConnectionError, SilentError):
        return False
    return True


def _opened(uri: str) -> libvirt.virConnect:
    libvirt.registerErrorHandler(_keep_quiet, None)
    try:
        return libvirt.open(uri)
    except libvirt.libvirtError as error:
        raise ConnectionError(error.get_error_message()) from None


class Hypervisor:
    """libvirt at one URI.

    Every method raises HarnessError for what libvirt says no to, and SilentError if it says nothing in time.
    All times are longer by the ``factor``, its machine's pace, but those that are given.
    """

    def __init__(self, uri: str, patience: float = READY, *, remedy: str = "", factor: float = 1.0) -> None:
        self.uri, self.remedy, self._factor = uri, remedy, factor
        self._connection: libvirt.virConnect | None = self._open(patience * self._factor)

    def _open(self, patience: float) -> libvirt.virConnect:
        deadline = Deadline(patience)

        def attempt() -> libvirt.virConnect:
            what = "libvirtd to take a connection"
            seconds = max(deadline.remaining, LAST)
            return within(seconds, what, lambda: _opened(self.uri), where=self.uri, remedy=self.remedy)

        return wait_for(
            "libvirt to answer", attempt, patience, where=self.uri, remedy=self.remedy, pause=0.01
        )

    def _ask(self, what: str, action: Callable[[libvirt.virConnect], T], seconds: float = ANSWER) -> T:
        """What ``action`` makes of the connection, which is opened anew if its other end fell silent."""
        seconds *= self._factor
        if self._connection is None:
            self._connection = self._open(seconds)
        connection = self._connection
        try:
            return within(
                seconds,
                f"libvirtd, which {what}",
                lambda: action(connection),
                where=self.uri,
                remedy=self.remedy,
            )
        except SilentError:
            self._leave()
            raise
        except libvirt.libvirtError as error:
            why = (error.get_error_message() or str(error)).strip()
            if is_lost(error):
                self._leave()
                raise LostError(
                    f"the connection to libvirtd, which {what}, was lost",
                    where=self.uri,
                    why=why,
                    remedy=AGAIN_OVER,
                ) from None
            raise HarnessError(f"libvirtd, which {what}, fails", where="libvirt", why=why) from None

    def _leave(self) -> None:
        """Drop a connection that does not answer: to close it would be a call that waits for an answer, too.

        The Python object closes it when it is collected, unless it does not know it any more.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            connection._o = None

    def close(self) -> None:
        """Close the connection; one that does not answer is left."""
        if self._connection is not None:
            with contextlib.suppress(HarnessError):
                self._ask("closes a connection", lambda connection: connection.close(), CLOSING)
        self._connection = None

    def version(self) -> str:
        number = self._ask("says its version", lambda connection: connection.getLibVersion())
        return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"

    def names(self) -> list[str]:
        """Names of the machines that run."""
        return self._ask(
            "lists the nodes",
            lambda connection: [one.name() for one in connection.listAllDomains() if one.isActive()],
        )

    def create(self, domain_xml: str, node: str) -> None:
        """Start the machine of ``node``, which libvirt forgets when it ends."""
        self._ask(
            f"starts the node {node}", lambda connection: connection.createXML(domain_xml, 0) and None, MAKING
        )

    def is_active(self, name: str) -> bool:
        return self._on(name, "looks whether it runs", lambda domain: bool(domain.isActive())) or False

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
        def ask(domain: libvirt.virDomain) -> bool:
            with contextlib.suppress(libvirt.libvirtError):
                return bool(domain.sendProcessSignal(1, _POWER_OFF, 0) == 0)
            return False

        return self._on(name, "asks it to power off", ask) or False

    def shut_down(self, name: str, seconds: float) -> None:
        """Ask a machine with a kernel of its own to power off, and wait until it has; raises WaitError.

        One of QEMU's gets the keys that a person at it would press: for its power button nobody listens.
        """

        def ask(domain: libvirt.virDomain) -> None:
            if domain.connect().getType() == "QEMU":
                domain.sendKey(libvirt.VIR_KEYCODE_SET_LINUX, 0, [*_CTRL_ALT_DEL], len(_CTRL_ALT_DEL), 0)
            else:
                domain.shutdown()

        self._on(name, "asks it to power off", ask)
        wait_for(f"{name} to power off", lambda: not self.is_active(name), seconds, where=self.uri)

    def destroy(self, name: str) -> None:
        """Pull the plug and wait until the machine is gone."""

        def pull(domain: libvirt.virDomain) -> None:
            with contextlib.suppress(libvirt.libvirtError):
                domain.destroy()

        self._on(name, "destroys it", pull, MAKING)
        wait_for(f"{name} to be gone", lambda: not self.is_active(name), GONE * self._factor, where=self.uri)

    def suspend(self, name: str) -> None:
        """Have a machine's processors stand still; what it wrote is with its host when this returns."""
        self._on(name, "has it stand still", lambda domain: domain.suspend(), MAKING)

    def resume(self, name: str) -> None:
        """Have them go on."""
        self._on(name, "has it go on", lambda domain: domain.resume(), MAKING)

    def save(self, name: str, path: str, memory: int) -> None:
        """Write a machine's ``memory``, in MiB, to a file, which libvirt's host has, and end it."""
        self._on(name, "writes its memory", lambda domain: domain.save(path), MAKING + memory / SLOW)

    def restore(self, path: str, node: str, memory: int) -> None:
        """Have the machine of such a file be there again, standing still."""

        def read(found: libvirt.virConnect) -> object:
            return found.restoreFlags(path, None, libvirt.VIR_DOMAIN_SAVE_PAUSED)

        self._ask(f"reads the memory of {node}", read, MAKING + memory / SLOW)

    def describe(self, name: str) -> str:
        """The XML of a running machine, for evidence."""
        return self._on(name, "describes it", lambda domain: str(domain.XMLDesc(0))) or ""

    def console(self, name: str) -> libvirt.virStream:
        """An open stream on the machine's console."""

        def opened(connection: libvirt.virConnect) -> libvirt.virStream | None:
            domain = _find(connection, name)
            if domain is None:
                return None
            stream = connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
            # No flags: the LXC driver of libvirt 9 knows none.
            domain.openConsole(None, stream, 0)
            return stream

        stream = self._ask(f"opens the console of {name}", opened)
        if stream is None:
            raise HarnessError(f"the node {name!r} is not running", where=self.uri)
        return stream

    def _on(
        self, name: str, what: str, action: Callable[[libvirt.virDomain], T], seconds: float = ANSWER
    ) -> T | None:
        """What ``action`` makes of the machine ``name``; None if there is none, or it ends meanwhile."""

        def act(connection: libvirt.virConnect) -> T | None:
            try:
                domain = _find(connection, name)
                return None if domain is None else action(domain)
            except libvirt.libvirtError as error:
                if error.get_error_code() in _ENDED and not is_lost(error):
                    return None
                raise

        return self._ask(f"finds the machine {name} and {what}", act, seconds)


AGAIN_OVER = "run it again: the next question has a connection of its own"
WIRES = (libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE)
"""Where in libvirt an error is from that says nothing of machines.

Its code is no help: a connection that ended is an internal error, a system error or one of several others.
"""


def is_lost(error: libvirt.libvirtError) -> bool:
    """Whether it is the connection that failed, and not what was asked over it."""
    return error.get_error_domain() in WIRES


_ENDED = (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID)
"""What libvirtd says of a machine that is not there, or not any more."""


def _find(connection: libvirt.virConnect, name: str) -> libvirt.virDomain | None:
    try:
        return connection.lookupByName(name)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
            raise
        return None
