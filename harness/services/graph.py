"""The graph of a site: each link at its nodes, and what is beneath it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.services.registry import BOX, LINKS, NODE
from harness.services.service import Link, Service
from harness.site import Node, Role, Site

STARTS = "starts"
"""The fact that programs of a node start as they should: each look at it, and all else there, rests on it."""
GROUND = (NODE.name, STARTS)
ANYWHERE = "any:"
"""Before a word of ``Link.carries``: such links at whatever node."""


@dataclass(frozen=True)
class Placed:
    """A link at one node; at none if it is the dom0's."""

    link: Link
    node: Node | None
    box: str = ""
    """Name of the box, for messages."""

    def __str__(self) -> str:
        return self.link.label.format(name=self.link.name, node=self.node, box=self.box)

    @property
    def remedy(self) -> str:
        return self.link.remedy.format(node=self.node, box=self.box)


@dataclass(frozen=True)
class Broken:
    """A link that does not work, though all beneath it does."""

    placed: Placed
    why: str
    """Such as ``does not answer: the connection is refused``."""
    told: bool = True
    """Whether the check that tells of it is done in this run."""

    @property
    def told_by(self) -> str:
        """Id of the check that tells of it; empty if none does."""
        return self.placed.link.told_by if self.told else ""

    @property
    def remedy(self) -> str:
        return self.placed.remedy

    def __str__(self) -> str:
        return f"{self.placed} {self.why}"


def names_of(links: Iterable[Link]) -> frozenset[str]:
    """All words that a check may name: a link's name, also with one of its roles."""
    of_roles = {f"{link.name}@{role}" for link in links for role in link.roles}
    return frozenset({link.name for link in links} | of_roles)


class Graph:
    """All links of a site."""

    def __init__(self, site: Site, box: str = "", links: Iterable[Link] = LINKS) -> None:
        self.site, self.box, self._links = site, box, tuple(links)

    @cached_property
    def all(self) -> tuple[Placed, ...]:
        return tuple(Placed(link, node, self.box) for link in self._links for node in self._nodes_of(link))

    def named(self, *words: str) -> tuple[Placed, ...]:
        """Those of these names that a check tells of, each at the nodes which that check looks at.

        Raises KeyError for a name that there is not.
        """
        unknown = set(words) - names_of(self._links)
        if unknown:
            raise KeyError(f"no service or fact is called {' or '.join(sorted(unknown))}")
        return tuple(each for each in self.all if self._told(each) and self._is(each, words))

    def needs(self, placed: Placed) -> tuple[Placed, ...]:
        """What is said to be directly beneath it, by itself or by what carries it."""
        own = (one for word in placed.link.needs for one in self._at(word, placed.node))
        return tuple(dict.fromkeys((*own, *self._carriers.get(placed, ()))))

    def ground(self, placed: Placed) -> tuple[Placed, ...]:
        """What is beneath everything: the node, how its programs start, and the box."""
        words = GROUND[: GROUND.index(placed.link.name)] if placed.link.name in GROUND else GROUND
        of_node = (each for word in words for each in self._meant.get(word, ()) if each.node == placed.node)
        of_box = self._meant.get(BOX.name, ())
        return tuple(each for each in (*of_node, *of_box) if each != placed and placed.link is not BOX)

    def with_needs(self, placed: Iterable[Placed]) -> tuple[Placed, ...]:
        """These and all that is said to be beneath them, in the order of the catalogue."""
        found = self._closed(placed, self.needs)
        return tuple(each for each in self.all if each in found)

    def beneath(self, placed: Placed) -> set[Placed]:
        """All that it rests on."""

        def directly(each: Placed) -> tuple[Placed, ...]:
            ends = each.link.ends and each != placed
            return (*(() if ends else self.needs(each)), *self.ground(each))

        return self._closed(directly(placed), directly)

    def roots(self, broken: Collection[Placed]) -> tuple[Placed, ...]:
        """The first broken links: those of ``broken`` with none of them beneath that may be why."""
        return tuple(each for each in self.all if each in broken and not self.reasons(each, broken))

    def reasons(self, placed: Placed, others: Collection[Placed]) -> set[Placed]:
        """Which of these are beneath it, and may be why it is broken."""
        found = self.beneath(placed) & set(others)
        return {each for each in found if not (placed.link.plain and each.link.between)}

    def at(self, places: Iterable[tuple[Node, int]]) -> dict[tuple[Node, int], Placed]:
        """The services at nodes and ports, where ``named`` would have them."""
        wanted = set(places)
        return {
            (each.node, port): each
            for each in self.all
            if isinstance(each.link, Service) and each.node and self._told(each)
            for port in each.link.ports
            if (each.node, port) in wanted
        }

    @staticmethod
    def _closed(start: Iterable[Placed], beneath: Callable[[Placed], tuple[Placed, ...]]) -> set[Placed]:
        found: set[Placed] = set()
        todo = list(start)
        while todo:
            each = todo.pop()
            if each not in found:
                found.add(each)
                todo += beneath(each)
        return found

    @cached_property
    def _carriers(self) -> Mapping[Placed, tuple[Placed, ...]]:
        """What says of itself that a link rests on it."""
        found: dict[Placed, list[Placed]] = {}
        for carrier in self.all:
            for word in carrier.link.carries:
                for each in self._carried(word, carrier):
                    found.setdefault(each, []).append(carrier)
        return {each: tuple(carriers) for each, carriers in found.items()}

    def _carried(self, word: str, by: Placed) -> Iterator[Placed]:
        everywhere = by.node is None or word.startswith(ANYWHERE)
        meant = self._services if word == "*" else self._meant.get(word.removeprefix(ANYWHERE), ())
        yield from (each for each in meant if each != by and (everywhere or each.node == by.node))

    @cached_property
    def _services(self) -> tuple[Placed, ...]:
        return tuple(each for each in self.all if isinstance(each.link, Service))

    @cached_property
    def _meant(self) -> Mapping[str, tuple[Placed, ...]]:
        """By each word, what is called so."""
        found: dict[str, list[Placed]] = {}
        for each in self.all:
            words = [each.link.name, *([f"{each.link.name}@{each.node.role}"] if each.node else [])]
            for word in words:
                found.setdefault(word, []).append(each)
        return {word: tuple(meant) for word, meant in found.items()}

    def _at(self, word: str, node: Node | None) -> Iterator[Placed]:
        """What ``word`` means for a link at ``node``: the same node's, or else its cluster's, or else all."""
        meant = self._meant.get(word, ())
        near = [each for each in meant if each.node == node]
        if not near and node is not None and node.role in (Role.CE, Role.WN):
            near = [each for each in meant if each.node == self.site.cluster(node)]
        yield from near or (each for each in meant if self._told(each))

    def _nodes_of(self, link: Link) -> tuple[Node | None, ...]:
        return tuple(node for node in self.site.nodes if node.role in link.roles) if link.roles else (None,)

    def _told(self, placed: Placed) -> bool:
        """Whether what ails it is said, and blocks others; facts have only what is beneath."""
        if not placed.link.asked:
            return True
        first = placed.node is None or placed.node == self.site.of(placed.node.role)[0]
        return bool(placed.link.told_by) and (first or placed.link.everywhere)

    @staticmethod
    def _is(placed: Placed, words: Iterable[str]) -> bool:
        at_role = f"{placed.link.name}@{placed.node.role}" if placed.node else ""
        return placed.link.name in words or at_role in words
