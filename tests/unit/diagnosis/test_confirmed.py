"""What is broken is looked at twice, unless it waits for a service that is slow: that is told at once."""

from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis import diagnose
from harness.diagnosis.fact import Seen, View
from harness.diagnosis.looked import Looked, roots_of
from harness.diagnosis.rounds import Round, doors
from harness.dom0.talk import Answer
from harness.services.graph import Graph, Placed
from tests.unit.sites import SITE

GRAPH = Graph(SITE, "mine", diagnose.ALL)
BOX = cast(Box, SimpleNamespace(site=SITE, dom0=None))


def placed(name: str, node: str) -> Placed:
    return next(each for each in GRAPH.all if each.link.name == name and str(each.node) == node)


FILE, SLOW, PROXY = placed("disk", "xensenode"), placed("pace", "xenrbnode"), placed("proxy", "xenuinode")


NODE, SETTINGS, UNITS = (placed(name, "xensenode") for name in ("node", "settings", "units"))


@pytest.mark.parametrize("slow", [True, False], ids=["only slow", "down"])
def test_what_stood_on_a_node_that_was_only_slow_is_looked_at_after_all(
    monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    asked: list[set[Placed]] = []
    off, changed = Seen("comes up without ssh", degraded=True), Seen("are changed")

    def look(_box: Box, links: list[Placed], _patience: float) -> Looked:
        asked.append(set(links))
        here = {FILE: Seen("is full")} if FILE in links else {}
        if NODE in links:
            return Looked({} if slow else {NODE: Seen("hangs")})
        return Looked(here, {UNITS: off}, {SETTINGS: changed}, unasked=("xensenode: a look was late",))

    monkeypatch.setattr(diagnose, "_look", look)
    monkeypatch.setattr(diagnose, "slowness", lambda _place: 1.0)
    late, nodes = frozenset({FILE, SETTINGS, UNITS}), {NODE: Seen("does not answer")}
    first = Looked(nodes, unasked=("xensenode was not looked at",), unseen=late)
    found = diagnose._confirmed(BOX, GRAPH, first)
    assert [NODE in asked[0], FILE in asked[0]] == [True, False]
    if slow:
        assert asked[1] == {FILE, SETTINGS, UNITS}
        assert [FILE in links for links in asked[2:]] == [True], "what was found then is looked at twice"
        assert list(found.broken) == [FILE]
        assert (found.degraded, found.suspects) == ({UNITS: off}, {SETTINGS: changed})
        assert found.unasked == ("xensenode: a look was late",)
    else:
        assert len(asked) == 1
        assert list(found.broken) == [NODE]


def test_what_is_on_a_node_that_does_not_answer_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose.ask, "broken", lambda *_, **__: {NODE: "does not answer"})
    monkeypatch.setattr(diagnose.view, "take", lambda *_: (View(), {}))
    monkeypatch.setattr(diagnose.evidence, "of_service", lambda _placed, why, *_: Seen(why))
    looked = diagnose._look(BOX, [NODE, UNITS], 1.0)
    assert looked.unseen == {UNITS}
    assert looked.unasked == ()


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch) -> list[list[Placed]]:
    """What is looked at again, at which nothing is broken any more."""
    asked: list[list[Placed]] = []

    def look(_box: Box, links: list[Placed], _patience: float) -> Looked:
        asked.append(links)
        return Looked({})

    monkeypatch.setattr(diagnose, "_look", look)
    monkeypatch.setattr(diagnose, "slowness", lambda _place: 1.0)
    return asked


def test_where_nothing_is_broken_what_came_too_late_twice_is_left(again: list[list[Placed]]) -> None:
    looked = Looked({}, unasked=("xensenode: a look was late",), unseen=frozenset({FILE}))
    assert diagnose._confirmed(BOX, GRAPH, looked) == looked
    assert again == []


def test_what_was_broken_for_a_moment_is_not_told(again: list[list[Placed]]) -> None:
    assert diagnose._confirmed(BOX, GRAPH, Looked({FILE: Seen("is full")})).broken == {}
    assert FILE in again[0]


def test_what_waits_for_a_slow_service_is_laid_at_it_without_another_look(again: list[list[Placed]]) -> None:
    slow = Seen("is slow", degraded=True)
    looked = Looked({PROXY: Seen("gets no answer in time")}, {SLOW: slow}, {SLOW: Seen("is slow")})
    found = diagnose._confirmed(BOX, GRAPH, looked)
    assert again == []
    assert list(roots_of(GRAPH, found)) == [SLOW]


def test_what_is_broken_beside_a_slow_service_is_looked_at_twice(again: list[list[Placed]]) -> None:
    slow = Seen("is slow", degraded=True)
    looked = Looked({FILE: Seen("is full"), PROXY: Seen("fails")}, {SLOW: slow})
    found = diagnose._confirmed(BOX, GRAPH, looked)
    assert again[0][0] == FILE
    assert list(found.broken) == [PROXY]


@pytest.mark.parametrize("silent", [True, False])
def test_who_gave_no_answer_at_first_may_be_slow_for_all_that_was_asked_then(
    again: list[list[Placed]], silent: bool
) -> None:
    """Of who was silent nothing was judged, though it was asked in rounds; of others all was told."""
    [door] = [each for each in doors(SITE) if each.service.name == "bdii" and str(each.node) == "xenrbnode"]
    rounds = {door.row.first: (Round(Answer("", [], 2.0), 0.1),)}
    link = placed(door.service.name, "xenrbnode") if silent else placed("disk", "xenrbnode")
    seen = Seen("says nothing within 2 s")
    found = diagnose._confirmed(BOX, GRAPH, Looked({link: seen}, view=View(rounds=rounds)))
    assert not found.broken
    assert (SLOW in again[0]) is silent
