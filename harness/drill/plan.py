"""The trials of a drill: which faults, how often, and which pairs of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.diagnosis.diagnose import ALL
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
    hiding = Hiding(site)
    found = [pair for pair in combinations(faults, 2) if hiding.independent(*pair)]
    if len(found) < count:
        raise InputError(
            f"{len(found)} pairs of independent faults can be made, and {count} are wanted",
            where="--pairs",
            remedy="name more faults, or none, or ask for fewer pairs",
        )
    return Plan(tuple(random.Random(seed).sample(found, count)), whole=False)


class Hiding:
    """Which faults hide others: those beneath whose links others rest."""

    def __init__(self, site: Site) -> None:
        self._graph = Graph(site, links=ALL)
        self._known: dict[str, tuple[frozenset[Placed], frozenset[Placed]]] = {}

    def independent(self, one: Fault, other: Fault) -> bool:
        """Whether neither hides the other: both break another link, and neither rests on the other's."""
        if not one.finding or not other.finding or one.finding == other.finding:
            return False
        (own, beneath), (others, beneath_other) = self._of(one), self._of(other)
        return not (own & beneath_other or others & beneath)

    def _of(self, fault: Fault) -> tuple[frozenset[Placed], frozenset[Placed]]:
        """The broken link where it is, and all that it rests on."""
        if fault.finding not in self._known:
            own = frozenset(each for each in self._graph.all if self._is(each, fault))
            beneath = (each for one in own for each in self._graph.beneath(one))
            self._known[fault.finding] = own, frozenset(beneath)
        return self._known[fault.finding]

    @staticmethod
    def _is(placed: Placed, fault: Fault) -> bool:
        at = placed.node is None or placed.node.role == fault.where
        return placed.link.name == fault.link and at
