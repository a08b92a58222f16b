"""The site: what a box is. One immutable object loaded from ``icebox.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from harness.site.addresses import ROOM_SERVER
from harness.site.ports import PortTable

SCHEMA = 1
GUIDES_QUEUE = "short"
"""Of the original's printed guide."""
CONTAINERS = frozenset({"lxc"})
"""Hypervisors whose machines have no kernel of their own, and no disks."""
UNSHARING = frozenset({"xen"})
"""Hypervisors whose machines can't have a directory of their dom0."""


class Role(StrEnum):
    """What a node serves."""

    CE = "ce"
    WN = "wn"
    SE = "se"
    UI = "ui"
    RB = "rb"


@dataclass(frozen=True)
class Node:
    """One virtual machine of the box."""

    name: str
    role: Role
    address: IPv4Address
    domain: str
    index: int = 1
    """Which of its role: 1 for the first."""
    hypervisor: str = "lxc"
    """Kind of its machine: what the dom0 runs it by."""

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{self.domain}"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Bridge:
    """The private network: a bridge on the dom0 with its address."""

    name: str
    interface: IPv4Interface

    @property
    def address(self) -> IPv4Address:
        return self.interface.ip

    @property
    def network(self) -> IPv4Network:
        return self.interface.network


@dataclass(frozen=True)
class Queue:
    """A batch queue and the longest run it takes, in minutes."""

    name: str
    minutes: int


@dataclass(frozen=True)
class Student:
    """An account on the UI with a personal certificate."""

    number: int

    @property
    def login(self) -> str:
        return f"student{self.number:02d}"

    @property
    def common_name(self) -> str:
        return f"Student {self.number:02d}"


@dataclass(frozen=True)
class DnsSettings:
    """Which provider follows the public address, and its options as written in the site file."""

    provider: str
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str, default: str = "") -> str:
        return dict(self.options).get(name, default)


@dataclass(frozen=True)
class Site:
    """The description of a box; made by ``harness.sitefile.load``."""

    path: Path
    name: str
    domain: str
    bridge: Bridge
    ports: PortTable
    dom0_kind: str
    public_address: IPv4Address
    """Where names lead; 0.0.0.0 until a dom0 that is to find it has."""
    dns: DnsSettings
    vo: str
    queues: tuple[Queue, ...]
    students: tuple[Student, ...]
    school_days: int
    slots: int
    """Job slots of each WN."""
    nodes: tuple[Node, ...] = field(default_factory=tuple)
    expose: tuple[str, ...] = ()
    """Interfaces and addresses of this machine at which the port table is open; empty for the kind's own."""
    laptop: str = ""
    """A machine of the class room, as ssh(1) reaches it; empty if none is named."""
    own_clock: bool = False
    """Whether the dom0's clock is known to be synchronized by nobody."""
    serves_names: bool = False
    """Whether laptops of the class room may ask the box's own name service, at the dom0's port 53."""
    follows: bool = False
    """Whether the public address is the dom0's own, found by it, and followed when it changes."""
    volume: int = 0
    """Bytes that all nodes together may write; 0 where the host's disk is the limit."""
    share: int = 0
    """Bytes of them that the files of one account may take; 0 where all share what there is."""
    by_hand: bool = False
    """Whether nobody but its owner starts the nodes, so that nobody serves what they would mount."""
    dom0_host: str = ""
    """The machine that hosts the box, as ssh(1) reaches it; empty where it is this one."""
    disk_group: str = ""
    """The dom0's volume group in which nodes with a kernel of their own have their disks; empty for none."""
    disk_directory: str = ""
    """The dom0's directory below which they have them; empty for the box's own."""
    machines: str = ""
    """The hypervisor of all nodes of a box that is installed; empty where the site file says them."""

    def of(self, role: Role) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.role is role)

    @property
    def ces(self) -> tuple[Node, ...]:
        return self.of(Role.CE)

    @property
    def wns(self) -> tuple[Node, ...]:
        return self.of(Role.WN)

    @property
    def ses(self) -> tuple[Node, ...]:
        return self.of(Role.SE)

    @property
    def ce(self) -> Node:
        """The first CE; so with the other roles."""
        return self.ces[0]

    @property
    def wn(self) -> Node:
        return self.wns[0]

    @property
    def se(self) -> Node:
        return self.ses[0]

    @property
    def ui(self) -> Node:
        return self.of(Role.UI)[0]

    @property
    def rb(self) -> Node:
        return self.of(Role.RB)[0]

    @property
    def queue(self) -> str:
        """Where jobs of a hand-out go: the queue that the guide names, or the first of a site without it."""
        names = [queue.name for queue in self.queues]
        return GUIDES_QUEUE if GUIDES_QUEUE in names else names[0]

    @property
    def mounting(self) -> tuple[Node, ...]:
        """Nodes that mount the homes that a CE and its WNs share from the dom0."""
        if self.by_hand:
            return ()
        sharing = (node for node in self.nodes if node.role in (Role.CE, Role.WN))
        return tuple(node for node in sharing if node.hypervisor in UNSHARING)

    def cluster(self, node: Node) -> Node:
        """The CE whose batch system a CE or WN belongs to: WNs go round the CEs."""
        return node if node.role is Role.CE else self.ces[(node.index - 1) % len(self.ces)]

    def wns_of(self, ce: Node) -> tuple[Node, ...]:
        """The WNs of a CE."""
        return tuple(wn for wn in self.wns if self.cluster(wn) == ce)

    def public_port(self, node: Node, port: int) -> int:
        """The port of the public address that leads to ``port`` of the node; ``port`` itself if none does."""
        rows = (row for row in self.ports if row.address == node.address)
        return next((row.first for row in rows if row.first == row.last and row.target == port), port)

    def node(self, word: str) -> Node | None:
        """The node meant by a name, an FQDN, a role (its first) or a role with number such as ``wn2``."""
        return next((node for node in self.nodes if word.lower() in _words(node)), None)

    @property
    def port_table_name(self) -> str:
        """File name of the port table, beside the site file unless it says otherwise."""
        return self.ports.path.name

    def at(self, address: IPv4Address | None) -> Site:
        """The same site at another public address; None leaves it where it is."""
        return self if address is None else replace(self, public_address=address)

    def of_machines(self, hypervisor: str) -> Site:
        """The same site with all nodes of one kind; as it is, if none is named."""
        if not hypervisor:
            return self
        nodes = tuple(replace(node, hypervisor=hypervisor) for node in self.nodes)
        return replace(self, nodes=nodes, machines=hypervisor)

    @property
    def room_server(self) -> IPv4Address | None:
        """Where the box's own name service answers laptops, behind the dom0; None if it does not."""
        return ROOM_SERVER if self.serves_names else None

    @property
    def vo_variable(self) -> str:
        """The VO in names of environment variables, such as ``VO_<VO>_DEFAULT_SE``."""
        return re.sub(r"\W", "_", self.vo.upper())

    @property
    def vo_database(self) -> str:
        """Name of the VO's database at its VOMS server, without the dots that SQL has a meaning for."""
        return f"voms_{self.vo_variable.lower()}"

    @property
    def storage(self) -> str:
        """Storage area of the VO on the SE (``GlueSAPath``)."""
        return f"/storage/{self.vo}"


def _words(node: Node) -> Iterator[str]:
    yield from (node.name, node.fqdn, *role_words(node))


def role_words(node: Node) -> tuple[str, ...]:
    """What a node is called by its role: ``wn2``; the first one also ``wn``."""
    numbered = f"{node.role}{node.index}"
    return (node.role.value, numbered) if node.index == 1 else (numbered,)
