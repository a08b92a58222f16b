"""The machine that hosts a box: all that a box needs of it, whatever kind it is of."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar, Self

from harness import ledger as journal
from harness.dom0 import pace as speed
from harness.dom0 import shelf as shelves
from harness.dom0.disk import Disk
from harness.dom0.place import Place
from harness.dom0.shelf import Shelf
from harness.dom0.walls import Wall
from harness.ledger import Ledger, Undo
from harness.site import Node, Site


@dataclass(frozen=True)
class Wanted:
    """What nodes of one kind want of their dom0's machine."""

    driver: str
    """Libvirt's."""
    packages: Mapping[str, Sequence[str]]
    """Of Debian, and below /usr what each is known by (``harness/virt/packages.py``)."""
    memory: Mapping[Node, int]
    """MiB that each node has for itself."""


class Dom0(Place):
    """A dom0, which is a place itself.

    It comes up in two steps: ``start`` makes it far enough for a hypervisor's daemon, and ``set_up`` adds
    disks, outside and network.
    """

    UNDO: ClassVar[Mapping[str, Undo]]
    """How each kind of resource is removed that it writes into the ledger; they end with the box's run.  No
    other kind of dom0 has ``MARK`` among its own."""
    STORED: ClassVar[Mapping[str, Undo]] = {}
    """The same of what outlives a run, and goes when the box is destroyed."""
    MARK: ClassVar[str]
    """The kind of the ledger by which a box is known to have such a dom0."""
    far_end: ClassVar[str]
    """The outside's network interface towards it."""
    OPTIONS: ClassVar[frozenset[str]] = frozenset()
    """Keys of the site file's ``[dom0]`` that this kind has beside those of every kind."""
    HERE: ClassVar[bool] = True
    """Whether its nodes take memory and disk of this machine."""
    DISTANCE: ClassVar[float] = 0.0
    """Seconds that a question to it or to a node may take on the way, beside those of the answer."""
    SUSPENDS: ClassVar[bool] = False
    """Whether all its processes can stand still at one point; it has ``suspend`` and ``resume`` then."""
    SPARES: ClassVar[bool] = False
    """Whether a second one of the same box can stand beside one that is not exposed, and take its
    place: it has ``start_spare`` and ``take_place``."""
    ALONE: ClassVar[bool] = False
    """Whether nobody but this machine reaches the box, unless the site exposes it."""
    box: str

    @property
    def pace(self) -> float:
        """As it was measured when the box came up."""
        return speed.of_box(self.box, self)

    def __init_subclass__(cls, **words: object) -> None:
        super().__init_subclass__(**words)
        journal.KINDS.extend((*getattr(cls, "UNDO", ()), *cls.STORED))

    @classmethod
    @abstractmethod
    def check_host(cls, nodes: int, site: Site | None) -> None:
        """Raises HostError for what is lacking to bring up so many ``nodes``; 0 if all are up.

        Without a ``site`` it is any that this kind can have.
        """

    @classmethod
    def check_machines(cls, site: Site, wanted: Sequence[Wanted], *, starting: bool) -> None:
        """Raises HostError for what another machine lacks to run nodes with a kernel of their own, or also to
        start them."""
        raise NotImplementedError

    @classmethod
    def check_shelf(cls, site: Site, box: str, shelf: Shelf | None, ledger: Ledger) -> None:  # noqa: ARG003
        """Raises HostError or InputError for what keeps a box's machines from having their drives there."""
        shelves.check(box, shelf, ledger)

    @classmethod
    def check_room(cls, sharing: int) -> None:
        """Raises HostError if so many nodes more can't share its kernel, as containers do."""

    @classmethod
    def missing_walls(cls) -> Sequence[Wall]:
        """What can't stand between its nodes and it, asked before it is made; raises HarnessError."""
        return ()

    @classmethod
    def finds_address(cls, *, exposed: bool) -> bool:  # noqa: ARG003
        """Whether it knows its public address by itself, so that the site file need not name one."""
        return False

    @classmethod
    def placed(cls, site: Site) -> Site:
        """The site at the public address that the dom0 has now, where it follows that; raises HostError if it
        has none."""
        return site

    @classmethod
    @abstractmethod
    def start(cls, box: str, ledger: Ledger, host: str = "", shelf: Shelf | None = None) -> Self:
        """Make it, each resource in the ledger first; raises HostError or WaitError.

        ``host`` is the machine that has it, if that is another one; ``shelf`` is where its nodes have their
        drives, and is claimed before.
        """

    @classmethod
    def start_spare(cls, box: str, ledger: Ledger) -> Self:
        """Make a second one of a box that is up; raises as ``start``.

        It is not found until it takes the place of the first, and all its entries have other keys.
        """
        raise NotImplementedError

    @classmethod
    def take_place(cls, box: str) -> None:
        """Have the spare one be found as the box's, and the first as the spare, in one step."""
        raise NotImplementedError

    @classmethod
    @abstractmethod
    def find(cls, box: str, ledger: Ledger) -> Self | None:
        """The one that a box has, with its outside; None if it has none that stands.

        Raises UnreachableError if nobody can tell.
        """

    @abstractmethod
    def set_up(self, disks: Sequence[Disk], site: Site) -> Self:
        """Lay the disks, one of them the outside's; make the outside, the bridge and the way between both,
        with the packet filter.

        Raises HostError, HarnessError or WaitError.
        """

    @classmethod
    def rules(cls, site: Site) -> str:  # noqa: ARG003
        """All rules of its packet filter as they are laid, in nft's words; empty where others have theirs
        beside."""
        return ""

    @abstractmethod
    def move(self, public: IPv4Address) -> None:
        """Have another public address; open connections through the old one break, as they do in life."""

    def disturbed(self, site: Site) -> str:  # noqa: ARG002
        """What others have undone of its network where they see it, in words; empty if nothing.

        ``site`` is at the address that the box has now.
        """
        return ""

    def lay_again(self, site: Site) -> None:
        """Lay anew what ``disturbed`` names; raises HarnessError if that takes a stop and a start."""

    def reach(self) -> None:
        """Raises UnreachableError if nobody can tell anything of it."""

    def tell_laptop(self) -> None:
        """Note down how another machine finds it, whose harness made it here."""
        raise NotImplementedError

    def suspend(self) -> None:
        """Have all its processes stand still, those of the outside and of its nodes among them.

        Raises HarnessError or HostError; then they go on.
        """
        raise NotImplementedError

    def resume(self) -> None:
        """Let them go on."""
        raise NotImplementedError

    @property
    def suspended(self) -> bool:
        """Whether they stand still."""
        return False

    @classmethod
    def afar(cls, ledger: Ledger, what: str, seconds: float = 0.0, **words: object) -> object:
        """Have the harness do something where a box's nodes write, on another machine; the box may be down.

        That is one of the deeds of ``harness/box/far.py``; it has so many seconds more than others.
        """
        raise NotImplementedError

    @property
    @abstractmethod
    def stands(self) -> bool:
        """Whether it is there, by a look that takes no time."""

    @property
    def name_servers(self) -> tuple[IPv4Address, ...]:
        """Which the outside can ask for names of the Internet; none where there is no way to it."""
        return ()

    @property
    def own_ports(self) -> Collection[int] | None:
        """TCP ports at which its machine serves others itself, and may refuse all further ones; None for one
        that answers nothing but the box's ports and its ssh."""
        return None

    def address_in_room(self, site: Site) -> IPv4Address | None:  # noqa: ARG002
        """Where laptops of the room meet the dom0 without a router in between; None if they don't."""
        return None

    def met_by_laptops(self, kind: str) -> Collection[int]:  # noqa: ARG002
        """Ports at which the machine that laptops meet serves them itself; ``kind`` is tcp or udp."""
        return ()

    @property
    @abstractmethod
    def outside(self) -> Place:
        """A machine that is neither dom0 nor node, beyond the uplink."""

    @property
    @abstractmethod
    def directory(self) -> str:
        """Where sockets and logs of the box lie, at the dom0; mode 0700."""

    @property
    @abstractmethod
    def files(self) -> str:
        """The directory of the box's files, at the dom0: on a disk, mode 0700."""

    @property
    @abstractmethod
    def libvirt_uri(self) -> str:
        """Where this machine reaches libvirtd, which has its sockets in ``libvirt`` of the directory."""

    @property
    @abstractmethod
    def partition(self) -> str:
        """The control group, at the dom0, below which nodes run."""

    @abstractmethod
    def disk(self, machine: str) -> str:
        """Where a machine's file system lies, at the dom0."""

    @abstractmethod
    def spawn(self, place: Place, words: Sequence[str], log: str) -> None:
        """Start a daemon at the dom0 or the outside that lives as long as the box; output to the log."""

    def lasting(self, place: Place) -> Place:
        """The dom0 or the outside, where what commands leave behind is one of the box's processes."""
        return place

    def attend(self, words: Sequence[str], log: str) -> None:
        """Have a program run on this machine for as long as the box is up; output to the log.

        A kind that finds its address needs it.
        """
        raise NotImplementedError

    @abstractmethod
    def logs(self) -> Sequence[str]:
        """Names of the logs."""

    @abstractmethod
    def log(self, name: str) -> str:
        """What stands in a log; nothing if there is none."""
