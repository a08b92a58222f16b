"""A box that is up: its nodes, the dom0 and the outside, each reachable."""

from __future__ import annotations

import contextlib
import socket
import weakref
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from ipaddress import IPv4Address

from harness.access.laptop import Laptop
from harness.access.shell import Account, Shell
from harness.box.files import BoxFiles
from harness.dom0 import standing
from harness.dom0.dom0 import Dom0
from harness.dom0.place import Place
from harness.errors import HarnessError
from harness.image.layer import OUTSIDE
from harness.ledger import Ledger
from harness.secrets import Secrets
from harness.site import Node, Site, Student
from harness.virt import fleet
from harness.virt.machines import Machines

SSH = 22


class Box:
    """One box; made by ``attach``, or by ``harness.box.bringup.start``."""

    def __init__(self, site: Site, dom0: Dom0, files: BoxFiles, ledger: Ledger) -> None:
        self.site, self.files, self.ledger = site, files, ledger
        self._dom0 = dom0
        self._shells: dict[tuple[str, str], Shell] = {}
        self._lines: dict[str, weakref.WeakSet[socket.socket]] = defaultdict(weakref.WeakSet)

    @property
    def name(self) -> str:
        return self.files.box

    @property
    def dom0(self) -> Dom0:
        """The machine that hosts the box: another one after it was stopped and started, by any process."""
        if not self._dom0.stands:
            with contextlib.suppress(HarnessError):
                self._dom0 = standing.attach(self.name, self.ledger)
                self.__dict__.pop("machines", None)
                self._cut(*self._lines)
        return self._dom0

    @property
    def public_address(self) -> IPv4Address:
        """Where the dom0 is reached from outside now."""
        return self.files.address() or self.site.public_address

    @property
    def site_now(self) -> Site:
        """The site at the address that the box has now."""
        return self.site.at(self.public_address)

    @cached_property
    def machines(self) -> Machines:
        again = f"./icebox stop --box {self.name}, then ./icebox start --box {self.name}"
        remedy = f"{again}: nodes that run are powered off in order"
        return fleet.machines(self.site, self.dom0, remedy)

    @property
    def pace(self) -> float:
        """By which factor deadlines that act at its nodes are longer than on usual machines."""
        return self.machines.pace()

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
        return self._shell(OUTSIDE, user, lambda: self._dial(OUTSIDE, self.dom0.outside, "127.0.0.1"))

    @property
    def laptop(self) -> Laptop | None:
        """A machine of the class room, if the site names one."""
        return Laptop(self.site.laptop) if self.site.laptop else None

    def student(self, student: Student) -> Shell:
        """A student's account on the UI."""
        return self.shell(self.site.ui, student.login)

    def inside(self, node: Node) -> Place | None:
        """The node without its network and its sshd, for when these are dead; None if it is down."""
        return self.machines.inside(node) if self.dom0.stands else None

    def way_in(self, node: Node) -> Place | Shell | None:
        """Where commands of root's are run on a node that lives; None if it is down.

        It takes neither network nor sshd, but on a node with a kernel of its own, which has no other way in.
        """
        inside = self.inside(node)
        if inside is None and fleet.kind_of(node).OWN_KERNEL and node not in self.down():
            return self.shell(node)
        return inside

    def down(self) -> list[Node]:
        """Nodes that don't live."""
        alive = self.machines.alive() if self.dom0.stands else ()
        return [node for node in self.site.nodes if node.name not in alive]

    def create_node(self, node: Node) -> None:
        """Start a node's machine; it is up when its ports answer."""
        self.machines.create(node, self.site.bridge)

    def close(self) -> None:
        """Close every connection; the box stays up."""
        for shell in self._shells.values():
            shell.close()
        if "machines" in self.__dict__:
            self.machines.close()

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

    def _dial(self, name: str, place: Place, address: str) -> socket.socket:
        line = place.open_socket(address, SSH)
        self._lines[name].add(line)
        return line

    def _shell(self, name: str, user: str, dial: Callable[[], socket.socket]) -> Shell:
        if (name, user) not in self._shells:
            account = Account(user, self.secrets.ssh_key(user).path)
            host_key = self.secrets.ssh_key(f"host-{name}").public
            self._shells[name, user] = Shell(name, account, dial, host_key, pace=self.pace)
        return self._shells[name, user]


def attach(name: str) -> Box:
    """The box ``name``, which must be up; raises HarnessError if it is not."""
    ledger, files = Ledger(name), BoxFiles(name)
    return Box(files.site(), standing.attach(name, ledger), files, ledger)
