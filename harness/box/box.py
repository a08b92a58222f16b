"""A box that is up: its nodes, the dom0 and the outside, each reachable."""

from __future__ import annotations

import contextlib
import socket
import weakref
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from ipaddress import IPv4Address

from harness import process
from harness.access.shell import Account, Shell
from harness.box.files import BoxFiles
from harness.dom0 import embedded
from harness.dom0.embedded import EmbeddedDom0
from harness.dom0.namespace import Namespace
from harness.errors import HarnessError
from harness.image.layer import OUTSIDE
from harness.ledger import Ledger
from harness.secrets import Secrets
from harness.site import Node, Role, Site, Student
from harness.virt import lxc
from harness.virt.connection import Hypervisor

SSH = 22


class Box:
    """One box; made by ``attach``, or by ``harness.box.bringup.start``."""

    def __init__(self, site: Site, dom0: EmbeddedDom0, files: BoxFiles, ledger: Ledger) -> None:
        self.site, self.files, self.ledger = site, files, ledger
        self._dom0 = dom0
        self._shells: dict[tuple[str, str], Shell] = {}
        self._lines: dict[str, weakref.WeakSet[socket.socket]] = defaultdict(weakref.WeakSet)

    @property
    def name(self) -> str:
        return self.files.box

    @property
    def embedded(self) -> EmbeddedDom0:
        """The dom0 that stands: another one after the box was stopped and started again, by any process."""
        if not self._dom0.stands:
            with contextlib.suppress(HarnessError):
                self._dom0 = embedded.attach(self.name, self.ledger)
                self.__dict__.pop("hypervisor", None)
                self._cut(*self._lines)
        return self._dom0

    @property
    def dom0(self) -> Namespace:
        """The machine that hosts the box."""
        return self.embedded.place

    @property
    def public_address(self) -> IPv4Address:
        """Where the dom0 is reached from outside now."""
        return self.files.address() or self.site.public_address

    @cached_property
    def hypervisor(self) -> Hypervisor:
        again = f"./icebox stop --box {self.name}, then ./icebox start --box {self.name}"
        remedy = f"{again}: nodes that run are powered off in order"
        return Hypervisor(self.embedded.libvirt_uri, remedy=remedy)

    @cached_property
    def secrets(self) -> Secrets:
        if not self.files.secrets.is_dir():
            # Opening would make new ones, in a directory that no ledger knows.
            raise HarnessError(f"the box {self.name!r} was destroyed meanwhile", where=str(self.files.top))
        return Secrets.open(self.files.secrets)

    def shell(self, node: Node, user: str = "root") -> Shell:
        """An account on a node, through its private address from the dom0."""
        return self._shell(node.name, user, lambda: self._dial(node.name, self.dom0, str(node.address)))

    @property
    def outside(self) -> Shell:
        """Root of the machine outside."""
        return self.outside_as("root")

    def outside_as(self, user: str) -> Shell:
        """An account of the machine outside, which only the harness can reach."""
        return self._shell(OUTSIDE, user, lambda: self._dial(OUTSIDE, self.embedded.outside, "127.0.0.1"))

    def student(self, student: Student) -> Shell:
        """A student's account on the UI."""
        return self.shell(self.site.ui, student.login)

    def wns(self) -> tuple[Node, ...]:
        return self.site.of(Role.WN)

    def domain(self, node: Node) -> str:
        """What libvirt calls a node."""
        return lxc.domain_name(self.name, node)

    def inits(self, node: Node) -> list[int]:
        """Numbers, on the host, of the first processes of a node: their death ends all of it."""
        controllers = process.marked("--name", self.domain(node))
        return [pid for controller in controllers for pid in process.children(controller)]

    def inside(self, node: Node) -> Namespace | None:
        """The node by its namespaces, for when its network or its sshd is dead; None if it is down."""
        inits = self.inits(node)
        return Namespace(node.name, inits[0]) if inits else None

    def last_words(self, node: Node) -> str:
        """The last error that libvirt noted of a node's machine; it may have seen none."""
        noted = self.dom0.run(["cat", f"/var/log/libvirt/lxc/{self.domain(node)}.log"]).output
        errors = [line for line in noted.splitlines() if " error : " in line]
        return errors[-1] if errors else "libvirt noted no error of its machine"

    def create_node(self, node: Node) -> None:
        """Start a node's machine; it is up when its ports answer."""
        in_cluster = node.role in (Role.CE, Role.WN)
        homes = str(self.files.homes(self.site.cluster(node))) if in_cluster else ""
        root = self.embedded.mount_point(node.name)
        group = self.embedded.token
        xml = lxc.domain_xml(self.name, node, self.site.bridge, root, group, homes)
        self.hypervisor.create(xml, node.name)

    def close(self) -> None:
        """Close every connection; the box stays up."""
        for shell in self._shells.values():
            shell.close()
        if "hypervisor" in self.__dict__:
            self.hypervisor.close()

    def hang_up(self, *names: str) -> None:
        """Cut this process's connections to machines that go down (all by default).

        Their other end may vanish without a word; shells that are used again connect anew.
        """
        for (name, _), shell in self._shells.items():
            if not names or name in names:
                shell.close()
        # Shells that others made of ours have connections of their own.
        self._cut(*names or self._lines)

    def _cut(self, *names: str) -> None:
        for name in names:
            for line in self._lines.pop(name, ()):
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    def _dial(self, name: str, place: Namespace, address: str) -> socket.socket:
        line = place.open_socket(address, SSH)
        self._lines[name].add(line)
        return line

    def _shell(self, name: str, user: str, dial: Callable[[], socket.socket]) -> Shell:
        if (name, user) not in self._shells:
            account = Account(user, self.secrets.ssh_key(user).path)
            host_key = self.secrets.ssh_key(f"host-{name}").public
            self._shells[name, user] = Shell(name, account, dial, host_key)
        return self._shells[name, user]


def attach(name: str) -> Box:
    """The box ``name``, which must be up; raises HarnessError if it is not."""
    ledger, files = Ledger(name), BoxFiles(name)
    dom0 = embedded.attach(name, ledger)
    return Box(files.site(), dom0, files, ledger)
