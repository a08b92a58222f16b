"""A service that is far slower than its node is degraded; what all on a busy node wait for is no fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Barrier
from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis import view
from harness.diagnosis.diagnose import ALL, _judged, _look, _paces
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import pace as facts
from harness.dom0.talk import Answer
from harness.services import ask
from harness.services.graph import Graph, Placed
from harness.services.registry import GATEKEEPER
from harness.site import Site


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "APART", 0.0)


class Asked:
    """What is seen of a CE whose gatekeeper took ``first`` seconds, and then these, on a node as slow."""

    def __init__(
        self, site: Site, first: float, then: list[float], base: float = 0.13, pace: float = 1.0
    ) -> None:
        self.site, self.first, self.base, self.pace = site, first, base, pace
        self.rounds = 0
        self._then: Iterator[float] = iter(then)

    def speak(self, targets: list[tuple[str, str, int]], *, each: float, pace: float) -> list[Answer]:
        assert pace == self.pace
        assert targets == [("tls", str(self.site.ce.address), GATEKEEPER.port)]
        self.rounds += 1
        return [Answer("", [], min(each, next(self._then)))]

    def seen(self, others: float = 0.02, *, silent: bool = False, why: str = "") -> list[Seen]:
        port = self.site.public_port(self.site.ce, GATEKEEPER.port)
        doors = {row.first: Answer("", [], others) for row in self.site.ports}
        doors[port] = Answer(why, [], self.first)
        node = SimpleNamespace(run=lambda _words: SimpleNamespace(seconds=self.base))
        box = SimpleNamespace(
            site=self.site,
            public_address=self.site.public_address,
            dom0=self,
            inside=lambda _node: node,
            pace=self.pace,
        )
        mute = frozenset({(self.site.ce.name, GATEKEEPER.name)} if silent else ())
        [fact] = facts.FACTS
        return list(fact.seen(Case(cast(Box, box), self.site.ce, View({}, doors=doors), mute)))


def test_one_that_is_slow_again_is_degraded_and_named(site: Site) -> None:
    asked = Asked(site, 3.0, [2.5, 4.0])
    [problem] = asked.seen()
    assert problem.degraded
    assert problem.why.startswith(f"is slow: {GATEKEEPER.title} took 4.0 s")
    assert asked.rounds == 2


def test_one_that_stops_and_goes_may_answer_at_once_now_and_then(site: Site) -> None:
    assert Asked(site, 0.3, [0.02, 3.9, 3.9]).seen()


@pytest.mark.parametrize(
    ("asked", "base"),
    [([0.1] * 3, 0.13), ([3.0, *[0.1] * 3], 0.13), ([3.0] * 3, 1.6), ([0.4] * 3, 0.1)],
    ids=["a moment", "one moment more", "a busy node", "quick enough"],
)
def test_it_is_not(site: Site, asked: list[float], base: float) -> None:
    assert Asked(site, 3.0, asked, base).seen() == []


@pytest.mark.parametrize(("first", "others"), [(0.15, 0.02), (3.0, 1.0)], ids=["quick", "all are slow"])
def test_what_is_not_odd_is_not_asked_again(site: Site, first: float, others: float) -> None:
    assert Asked(site, first, []).seen(others) == []


def test_one_that_is_silent_is_broken_and_not_slow(site: Site) -> None:
    assert Asked(site, 2.0, []).seen(silent=True, why="it says nothing within 2 s") == []
    graph = Graph(site, "box", ALL)
    [placed] = [each for each in graph.all if each.link is facts.FACTS[0] and each.node == site.ce]
    assert any(each.link is GATEKEEPER for each in graph.beneath(placed))


def test_one_to_which_nothing_leads_from_outside_is_not_slow(site: Site) -> None:
    assert Asked(site, 2.0, []).seen(why="it says nothing within 2 s") == []


def test_facts_that_look_again_themselves_do_so_side_by_side(site: Site) -> None:
    graph, both = Graph(site, "box", ALL), Barrier(2, timeout=60)

    def judge(_case: Case) -> Iterator[Seen]:
        both.wait()
        yield Seen("is slow")

    fact = replace(facts.FACTS[0], judge=judge)
    case = Case(cast(Box, SimpleNamespace(site=site)), None, View())
    wanted = dict.fromkeys(list(graph.all)[:2], (fact, case))
    assert dict(_judged(wanted)) == {each: [Seen("is slow")] for each in wanted}


@pytest.mark.parametrize(("name", "asked"), [("pace", True), ("door", True), ("forwarding", False)])
def test_only_who_goes_by_it_has_the_public_address_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str, asked: bool
) -> None:
    told = []
    monkeypatch.setattr(view, "take", lambda *_, doors: told.append(doors) or (View(), {}))
    monkeypatch.setattr(ask, "broken", lambda *_, **__: {})
    placed = [each for each in Graph(site, "box", ALL).all if each.link.name == name]
    _look(cast(Box, SimpleNamespace(site=site)), placed, 1.0)
    assert told == [asked]


def test_what_gave_no_answer_in_time_may_be_slow_unless_it_is_dead(site: Site) -> None:
    graph = Graph(site, "box", ALL)

    def at(name: str, node: str) -> Placed:
        return next(each for each in graph.all if each.link.name == name and str(each.node) == node)

    slow, voms, proxy = at("pace", "xenrbnode"), at("voms", "xenrbnode"), at("proxy", "xenuinode")
    assert list(_paces(graph, [voms], ())) == [slow]
    assert slow in _paces(graph, [proxy], ())
    assert slow not in _paces(graph, [proxy], [voms])
    assert list(_paces(graph, [at("hostdisk", "None")], ())) == []


def test_a_dom0_that_is_slow_by_itself_has_slow_services(site: Site) -> None:
    assert Asked(site, 3.0, [3.0, 3.0], pace=5.0).seen()
    assert Asked(site, 3.0, [2.0] * 3, pace=5.0).seen() == []
