"""The trials of a drill: which faults, how often, and which pairs of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.errors import InputError
from harness.faults.fault import Fault
from harness.services.graph import Graph, Placed
from harness.site import Site

Trial = tuple[Fault, ...]


@dataclass(frozen=True)
class Plan:
    """What is held, in this order."""

    trials: tuple[Trial, ...]
    whole: bool
    """Whether all faults there are, are among them: then something that none of them breaks is told."""


def plan(faults: Sequence[Fault], noise: Sequence[Fault], repeats: int, *, whole: bool) -> Plan:
    """Each fault alone, and what only looks like one, ``repeats`` times."""
    return Plan(tuple((fault,) for _ in range(repeats) for fault in (*faults, *noise)), whole)


def pairs(faults: Sequence[Fault], count: int, seed: int, site: Site) -> Plan:
    """A sample of pairs, the same for the same seed; raises InputError if there are not so many."""
    found = [pair for pair in combinations(faults, 2) if independent(*pair, site)]
    if len(found) < count:
        raise InputError(
            f"{len(found)} pairs of independent faults can be made, and {count} are wanted",
            where="--pairs",
            remedy="name more faults, or none, or ask for fewer pairs",
        )
    return Plan(tuple(random.Random(seed).sample(found, count)), whole=False)


def independent(one: Fault, other: Fault, site: Site) -> bool:
    """Whether neither hides the other: both break another link, and neither rests on the other's."""
    if not one.finding or not other.finding or one.finding == other.finding:
        return False
    graph = Graph(site)
    ones, others = (_placed(graph, fault) for fault in (one, other))
    return not (ones & _beneath(graph, others) or others & _beneath(graph, ones))


def _placed(graph: Graph, fault: Fault) -> set[Placed]:
    return {
        each
        for each in graph.all
        if each.link.name == fault.link and (each.node is None or each.node.role == fault.where)
    }


def _beneath(graph: Graph, placed: set[Placed]) -> set[Placed]:
    return {each for one in placed for each in graph.beneath(one)}
