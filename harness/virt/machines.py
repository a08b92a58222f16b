"""The machines of a box on its dom0: all that the harness does with them, whatever the hypervisor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from harness.dom0.dom0 import Dom0
from harness.dom0.place import Place
from harness.dom0.walls import Wall
from harness.site import Bridge, Node

INIT = "/usr/lib/icebox/init"
"""In each role's layer: what a container boots; its argument is the node's name.  A machine with
a kernel of its own boots systemd as any does."""


class Machines(ABC):
    """The nodes of one box, by their names; every method raises HarnessError if the hypervisor fails.

    ``remedy`` is what a person can do about a hypervisor that says nothing.
    """

    MAPS: ClassVar[bool] = False
    """Whether root of its nodes can have another number at the dom0 (``Disk.identities``)."""
    OWN_KERNEL: ClassVar[bool] = False
    """Whether its nodes boot a kernel of their own; their file systems are on drives (``Disk.drives``)."""
    SUSPENDS: ClassVar[bool] = False
    """Whether its nodes can stand still, all of them at one point with their dom0, and go on."""
    OF_DOM0: ClassVar[bool] = True
    """Whether their memory is taken from what the dom0's own system has."""
    FAR: ClassVar[bool] = False
    """Whether a dom0 on another machine can have them."""
    ABREAST: ClassVar[int] = 4
    """How many nodes start side by side."""
    DRIVER: ClassVar[str] = ""
    """Libvirt's driver that runs them, empty for none: kinds that have one share the box's libvirtd."""

    def __init__(self, dom0: Dom0, remedy: str = "") -> None:
        self.dom0, self.remedy = dom0, remedy

    @classmethod
    def memory(cls, node: Node) -> int:  # noqa: ARG003
        """MiB that a node's machine has for itself; 0 where it has what its processes take of its dom0's."""
        return 0

    @classmethod
    def wanted(cls) -> Mapping[str, Sequence[str]]:
        """What Debian packages bring that such nodes want of their dom0 (``packages.py``)."""
        return {}

    @classmethod
    def check_host(cls) -> None:
        """Raises HostError for what this machine lacks to run such nodes, beside what every dom0 wants."""
        return

    @classmethod
    def check_room(cls, nodes: Collection[Node]) -> None:  # noqa: ARG003
        """Raises HostError for what keeps these, all of this kind, from starting beside what the host has."""
        return

    @classmethod
    @abstractmethod
    def prepare(cls, dom0: Dom0) -> None:
        """Start what the hypervisor needs at a dom0 that is not set up yet, and don't wait for it."""

    @abstractmethod
    def ready(self) -> None:
        """Wait until machines can be started; raises WaitError with the hypervisor's last words."""

    def is_sound(self) -> bool:
        """Whether its daemon answers, if it has one."""
        return True

    @abstractmethod
    def mend(self) -> None:
        """Start a hypervisor's daemon again that died or is stuck; the nodes it has go on."""

    def pace(self) -> float:
        """By which factor its nodes are slower than deadlines reckon with: as their dom0 is, or more."""
        return self.dom0.pace

    @abstractmethod
    def create(self, node: Node, bridge: Bridge) -> None:
        """Start a node from its disk, ``dom0.disk(node.name)``, and don't wait for its services.

        It has one interface, ``eth0``, at the bridge, and gives itself its address and name.  Its processes
        are below ``dom0.partition``.
        """

    def missing_walls(self) -> Sequence[Wall]:
        """What does not stand between the nodes and their host; empty if all does."""
        return ()

    @abstractmethod
    def running(self) -> Collection[str]:
        """Names of the nodes whose machines run, as the hypervisor has it."""

    @abstractmethod
    def alive(self) -> Collection[str]:
        """Names of the nodes that live, also if no hypervisor answers any more."""

    @abstractmethod
    def inside(self, node: Node) -> Place | None:
        """A node without its network and its sshd, for when these are dead; None if it is down or has no such
        way in."""

    def insides(self, nodes: Collection[Node]) -> Mapping[Node, Place | None]:
        """The same of several nodes; a kind that can look for all of them at once does so."""
        return {node: self.inside(node) for node in nodes}

    @abstractmethod
    def power_off(self, node: Node) -> None:
        """Have a node end its services in order, and wait; one that does not is left for the plug."""

    @abstractmethod
    def unplug(self, node: Node) -> None:
        """End a node at once, as a power cut would: none of its processes is told before."""

    def suspend(self, node: Node) -> None:  # noqa: B027
        """Have a node stand still that is more than processes of its dom0, before these do; what it has
        written is in its disk's file then.  One that is down stays so."""

    def resume(self, node: Node) -> None:  # noqa: B027
        """Have it go on, after its dom0; one that goes on already is left as it is."""

    @classmethod
    def saves(cls, node: Node) -> bool:  # noqa: ARG003
        """Whether the memory of a node that stands still can be written to a file of its dom0's, and read."""
        return False

    def save(self, node: Node, path: str) -> None:
        """Do so, and end its machine; it stands still.  What is cut short leaves no file that can be read."""
        raise NotImplementedError

    def restore(self, node: Node, path: str) -> None:
        """Have its machine stand still again as it was saved."""
        raise NotImplementedError

    @abstractmethod
    def converse(self, node: Node) -> None:
        """Connect this terminal to a node's console until Ctrl-] or the end of the machine."""

    @abstractmethod
    def describe(self, node: Node) -> str:
        """A running machine in the hypervisor's words, for evidence."""

    @abstractmethod
    def notes(self) -> str:
        """What the hypervisor noted of all machines, for evidence."""

    @abstractmethod
    def last_words(self, node: Node) -> str:
        """The last error that the hypervisor noted of a node's machine; it may have seen none."""

    @abstractmethod
    def close(self) -> None:
        """End this process's connection to the hypervisor."""
