"""All machines of a box: of one kind, or of several beside each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain

from harness.dom0.dom0 import Dom0, Wanted
from harness.dom0.place import Place
from harness.dom0.walls import Wall
from harness.site import Bridge, Node, Site
from harness.virt import daemon
from harness.virt.kinds import KINDS
from harness.virt.machines import Machines


def kinds_of(site: Site) -> Sequence[type[Machines]]:
    """The kinds that a site's nodes are of, each once."""
    return [KINDS.of(name) for name in dict.fromkeys(node.hypervisor for node in site.nodes)]


def kind_of(node: Node) -> type[Machines]:
    return KINDS.of(node.hypervisor)


def check_host(site: Site) -> None:
    """Raises HostError for what this machine lacks to run a site's nodes."""
    for kind in kinds_of(site):
        kind.check_host()


def wanted(site: Site) -> list[Wanted]:
    """What another machine has to have to run them, if it is more than every dom0 has."""
    return [
        Wanted(kind.DRIVER, kind.wanted(), {n: kind.memory(n) for n in site.nodes if kind_of(n) is kind})
        for kind in kinds_of(site)
        if kind.OWN_KERNEL
    ]


def abreast(site: Site) -> int:
    """How many nodes start side by side."""
    return min(kind.ABREAST for kind in kinds_of(site))


def check_room(site: Site) -> None:
    """Raises HostError for what is in the way of a site's nodes before they are started."""
    for kind in kinds_of(site):
        kind.check_room([node for node in site.nodes if kind_of(node) is kind])


def memory(site: Site) -> Mapping[Node, int]:
    """MiB of each node that has memory for itself."""
    return {node: own for node in site.nodes if (own := kind_of(node).memory(node))}


def prepare(site: Site, dom0: Dom0) -> None:
    """Start what the hypervisors need at a dom0 that is not set up yet, and don't wait for it."""
    drivers = _drivers(kinds_of(site))
    if len(drivers) > 1:
        daemon.start(dom0, drivers)
    for kind in kinds_of(site):
        if not kind.DRIVER or len(drivers) == 1:
            kind.prepare(dom0)


def machines(site: Site, dom0: Dom0, remedy: str = "") -> Machines:
    """The nodes of a box, whatever they are."""
    kinds = kinds_of(site)
    return kinds[0](dom0, remedy) if len(kinds) == 1 else Mixed(site, dom0, remedy)


def _drivers(kinds: Iterable[type[Machines]]) -> list[str]:
    return [kind.DRIVER for kind in kinds if kind.DRIVER]


class Mixed(Machines):
    """Nodes of several kinds, each with its own."""

    def __init__(self, site: Site, dom0: Dom0, remedy: str = "") -> None:
        super().__init__(dom0, remedy)
        self._site = site
        self._kinds = {kind: kind(dom0, remedy) for kind in kinds_of(site)}

    @classmethod
    def prepare(cls, dom0: Dom0) -> None:
        raise NotImplementedError("which kinds there are, the site says: fleet.prepare")

    def _of(self, node: Node) -> Machines:
        return self._kinds[kind_of(node)]

    def _each(self, ask: Callable[[Machines], Iterable[str]]) -> Collection[str]:
        return {*chain.from_iterable(map(ask, self._kinds.values()))}

    def ready(self) -> None:
        for each in self._kinds.values():
            each.ready()

    def is_sound(self) -> bool:
        return all(each.is_sound() for each in self._kinds.values())

    def mend(self) -> None:
        drivers = _drivers(self._kinds)
        if not self.is_sound():
            self.close()
            daemon.end(self.dom0)
            daemon.start(self.dom0, drivers)

    def pace(self) -> float:
        return max(each.pace() for each in self._kinds.values())

    def create(self, node: Node, bridge: Bridge) -> None:
        self._of(node).create(node, bridge)

    def missing_walls(self) -> Sequence[Wall]:
        return [*chain.from_iterable(each.missing_walls() for each in self._kinds.values())]

    def running(self) -> Collection[str]:
        return self._each(lambda machines: machines.running())

    def alive(self) -> Collection[str]:
        return self._each(lambda machines: machines.alive())

    def inside(self, node: Node) -> Place | None:
        return self._of(node).inside(node)

    def insides(self, nodes: Collection[Node]) -> Mapping[Node, Place | None]:
        found: dict[Node, Place | None] = {}
        for kind, each in self._kinds.items():
            found |= each.insides([node for node in nodes if kind_of(node) is kind])
        return found

    def power_off(self, node: Node) -> None:
        self._of(node).power_off(node)

    def unplug(self, node: Node) -> None:
        self._of(node).unplug(node)

    def suspend(self, node: Node) -> None:
        self._of(node).suspend(node)

    def resume(self, node: Node) -> None:
        self._of(node).resume(node)

    def save(self, node: Node, path: str) -> None:
        self._of(node).save(node, path)

    def restore(self, node: Node, path: str) -> None:
        self._of(node).restore(node, path)

    def converse(self, node: Node) -> None:
        self._of(node).converse(node)

    def describe(self, node: Node) -> str:
        return self._of(node).describe(node)

    def notes(self) -> str:
        return "\n".join(each.notes() for each in self._kinds.values())

    def last_words(self, node: Node) -> str:
        return self._of(node).last_words(node)

    def close(self) -> None:
        for each in self._kinds.values():
            each.close()
