"""WNs in reserve: one of several that is down is missed by nobody as long as its fellows take the jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harness.diagnosis.fact import Seen
from harness.services.graph import Graph, Placed
from harness.site import Node, Role

OUT = frozenset({"node", "slurmd", "munge", "tunnel", "tunnelled", "mungekey", "address", "route", "ssh"})
"""Links of a WN without which the scheduler sends nothing there: what it gets and ruins is another matter."""


def spared(graph: Graph, roots: Mapping[Placed, Seen], broken: Collection[Placed]) -> frozenset[Placed]:
    """Of the first broken links, those of WNs whose fellows are well, and get jobs through."""
    down = {placed.node for placed in roots if _of_wn(placed)}
    found = set()
    for placed in roots:
        if placed.link.name not in OUT or placed.node is None or not _of_wn(placed):
            continue
        fellows = _fellows(graph, placed.node)
        elsewhere = [each for each in broken if each.node not in (placed.node, None)]
        missed = any(placed in graph.beneath(each) for each in elsewhere)
        if fellows - down and not missed:
            found.add(placed)
    return frozenset(found)


def _of_wn(placed: Placed) -> bool:
    return placed.node is not None and placed.node.role is Role.WN


def _fellows(graph: Graph, wn: Node) -> set[Node]:
    """Other WNs of its CE."""
    site = graph.site
    return {each for each in site.of(Role.WN) if each != wn and site.cluster(each) == site.cluster(wn)}
