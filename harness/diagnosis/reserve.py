"""WNs in reserve: one of several that is down is missed by nobody as long as its fellows take the jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from harness.diagnosis.fact import Seen
from harness.services.graph import Graph, Placed
from harness.site import Node, Role

OUT = frozenset({"node", "slurmd", "munge", "tunnel", "tunnelled", "mungekey", "address", "route", "ssh"})
"""Links of a WN without which the scheduler sends nothing there: what it gets and ruins is another matter."""


def spared(graph: Graph, roots: Mapping[Placed, Seen], broken: Collection[Placed]) -> frozenset[Placed]:
    """Of the first broken links, those of WNs whose fellows are well, and get jobs through."""
    return frozenset(each for each in _spare(graph, roots) if not any(_missing(graph, each, broken)))


def missing(graph: Graph, roots: Mapping[Placed, Seen], broken: Collection[Placed]) -> frozenset[Placed]:
    """What is broken elsewhere, and stands on a WN that could be spared but for that."""
    return frozenset(chain.from_iterable(_missing(graph, each, broken) for each in _spare(graph, roots)))


def _spare(graph: Graph, roots: Mapping[Placed, Seen]) -> Iterator[Placed]:
    """The first broken links of WNs which have a fellow that is well."""
    down = {placed.node for placed in roots if _of_wn(placed)}
    for placed in roots:
        if placed.link.name in OUT and placed.node and _of_wn(placed) and _fellows(graph, placed.node) - down:
            yield placed


def _missing(graph: Graph, wn: Placed, broken: Collection[Placed]) -> Iterator[Placed]:
    """What is broken on other nodes, and stands on this link of a WN."""
    return (each for each in broken if each.node not in (wn.node, None) and wn in graph.beneath(each))


def _of_wn(placed: Placed) -> bool:
    return placed.node is not None and placed.node.role is Role.WN


def _fellows(graph: Graph, wn: Node) -> set[Node]:
    """Other WNs of its CE."""
    site = graph.site
    return {each for each in site.of(Role.WN) if each != wn and site.cluster(each) == site.cluster(wn)}
