"""A service that is far slower than its node is degraded; what all on a busy node wait for is no fault."""

import threading
from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.command import CommandResult
from harness.diagnosis import rounds, view
from harness.diagnosis.diagnose import ALL, _look, _paces
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import pace as facts
from harness.dom0.talk import Answer
from harness.errors import HarnessError
from harness.services import ask
from harness.services.graph import Graph, Placed
from harness.services.registry import BROKER, GATEKEEPER
from harness.site import Node, Site


def judged(
    site: Site, took: list[float], base: float = 0.13, pace: float = 1.0, *, silent: bool = False
) -> list[Seen]:
    """What is said of a CE whose gatekeeper took so long each time that it was asked again."""
    again = tuple(rounds.Round(Answer("", [], seconds), base) for seconds in took)
    seen = View(rounds={site.public_port(site.ce, GATEKEEPER.port): again} if took else {})
    box = cast(Box, SimpleNamespace(site=site, pace=pace))
    mute = frozenset({(site.ce.name, GATEKEEPER.name)} if silent else ())
    [fact] = facts.FACTS
    return list(fact.seen(Case(box, site.ce, seen, mute)))


def test_one_that_is_slow_again_and_again_is_degraded_and_named(site: Site) -> None:
    [problem] = judged(site, [2.5, 3.0, 2.3, 1.6])
    assert problem.degraded
    assert problem.why.startswith(f"is slow: {GATEKEEPER.title} took 3.0 s")


def test_one_that_stops_and_goes_may_answer_at_once_now_and_then(site: Site) -> None:
    assert judged(site, [0.9, 0.2, 3.0, 2.9])
    assert judged(site, [3.0, 2.3, 1.6, 0.02])


@pytest.mark.parametrize(
    ("took", "base"),
    [
        ([], 0.13),
        ([0.1] * 4, 0.13),
        ([2.9, 2.2, 0.1, 0.1], 0.13),
        ([3.0] * 4, 1.6),
        ([0.4] * 4, 0.1),
        ([0.1, 0.1, 0.1, 3.0], 0.13),
    ],
    ids=["never late", "a moment", "a moment more", "a busy node", "quick enough", "another moment"],
)
def test_it_is_not(site: Site, took: list[float], base: float) -> None:
    assert judged(site, took, base) == []


def test_a_dom0_that_is_slow_by_itself_has_slow_services(site: Site) -> None:
    assert judged(site, [3.0] * 4, pace=5.0)
    assert judged(site, [2.0] * 4, pace=5.0) == []


def test_one_that_is_silent_is_broken_and_not_slow(site: Site) -> None:
    assert judged(site, [3.0] * 4, silent=True) == []
    graph = Graph(site, "box", ALL)
    [placed] = [each for each in graph.all if each.link is facts.FACTS[0] and each.node == site.ce]
    assert any(each.link is GATEKEEPER for each in graph.beneath(placed))


class Asked:
    """A box whose services take 3 seconds, and keeps what it is asked."""

    def __init__(self, site: Site, pace: float = 1.0) -> None:
        self.targets: list[list[tuple[str, str, int]]] = []
        self.each = 0.0
        self._all = threading.Barrier(rounds.ROUNDS)
        node = SimpleNamespace(run=lambda _words, timeout: self.worked(timeout))
        self.box = cast(Box, SimpleNamespace(site=site, dom0=self, inside=lambda _node: node, pace=pace))
        self.code = 0

    def worked(self, timeout: float) -> CommandResult:
        """A node's piece of work, which has no longer than an answer that is waited for."""
        assert timeout == rounds.LONGEST
        return CommandResult("", "", self.code, "", "", 0.13)

    def speak(self, targets: list[tuple[str, str, int]], *, each: float, pace: float) -> list[Answer]:
        assert pace == self.box.pace
        # None waits for another: they are all in here at one time.
        self._all.wait(10.0)
        self.targets.append(targets)
        self.each = each
        return [Answer("", [], 3.0) for _ in targets]


def doors(site: Site, others: float = 0.02, **late: float) -> dict[int, Answer]:
    """What those at the public address took, by the names of services."""
    return {
        door.row.first: Answer("", [], late.get(door.service.name, others)) for door in rounds.doors(site)
    }


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "APART", 0.0)


@pytest.mark.usefixtures("at_once")
def test_who_was_late_is_asked_again_side_by_side(site: Site) -> None:
    asked = Asked(site)
    found = rounds.asked_again(asked.box, doors(site, gatekeeper=0.9, gridftp=2.0), [site.ce, site.rb])
    assert asked.targets == [[("tls", str(site.ce.address), GATEKEEPER.port)]] * rounds.ROUNDS
    assert found == {
        site.public_port(site.ce, GATEKEEPER.port): (rounds.Round(Answer("", [], 3.0), 0.13),) * rounds.ROUNDS
    }
    assert rounds.ROUNDS * rounds.APART + asked.each < 7.0, "no look lasts longer for it"


@pytest.mark.usefixtures("at_once")
def test_by_a_node_that_does_no_work_at_all_nobody_is_slow(site: Site) -> None:
    """One that stands still, or has no Python: that is told by itself, and takes no time of its own."""
    asked = Asked(site)
    asked.code = 124
    found = rounds.asked_again(asked.box, doors(site, gatekeeper=0.9), [site.ce])
    seen = View(rounds=found)
    assert found
    [fact] = facts.FACTS
    assert list(fact.seen(Case(asked.box, site.ce, seen))) == []


def test_what_answers_at_the_public_address_is_known_if_who_is_late_can_not_be_asked_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> rounds.Rounds:
        raise HarnessError("the connection was lost")

    monkeypatch.setattr(rounds, "asked_again", lost)
    outside = SimpleNamespace(speak=lambda targets, **_: [Answer("", [], 0.1) for _ in targets])
    box = SimpleNamespace(
        site=site, pace=1.0, public_address=site.public_address, dom0=SimpleNamespace(outside=outside)
    )
    at_doors, again = view._opened(cast(Box, box), 2.0, site.nodes)
    assert at_doors.keys() == {door.row.first for door in rounds.doors(site)}
    assert again == {}


@pytest.mark.parametrize(("first", "others"), [(0.15, 0.02), (3.0, 1.0)], ids=["quick", "all are slow"])
def test_what_is_not_odd_is_not_asked_again(site: Site, first: float, others: float) -> None:
    asked = Asked(site)
    assert rounds.asked_again(asked.box, doors(site, others, gatekeeper=first), site.nodes) == {}
    assert asked.targets == []


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("seconds", "again"), [(2.0, True), (0.01, False)], ids=["silent", "refused"])
def test_one_without_an_answer_is_asked_again_on_a_busy_machine_too(
    site: Site, seconds: float, again: bool
) -> None:
    port = site.public_port(site.ce, GATEKEEPER.port)
    first = doors(site, 0.9) | {port: Answer("no answer", [], seconds)}
    assert bool(rounds.asked_again(Asked(site).box, first, [site.ce])) is again


def is_late(site: Site, again: dict[int, str], first: dict[int, str] | None = None) -> bool:
    """Whether the broker is only late: by the port of its node, what was said in one round of four."""
    public = {port: site.public_port(site.rb, port) for port in BROKER.ports}
    silent = rounds.Round(Answer("it says nothing", [], 3.0), 0.13)
    found = {
        public[port]: (silent, silent, rounds.Round(Answer(why, [], 2.5), 0.13), silent)
        for port, why in again.items()
    }
    answers = {public[port]: Answer(why, [], 0.02) for port, why in (first or {}).items()}
    return rounds.is_only_late(found, answers, site, site.rb, BROKER)


def test_a_service_that_answers_when_asked_again_is_late_and_one_that_never_does_is_not(site: Site) -> None:
    one, other = BROKER.ports
    assert is_late(site, {one: "", other: ""})
    assert is_late(site, {one: ""}, {other: ""})
    assert not is_late(site, {one: "", other: "it says nothing"})
    assert not is_late(site, {one: ""}, {other: "the connection is refused"})
    assert not is_late(site, {one: ""})
    assert not is_late(site, {}, {one: "", other: ""}), "who was not late is silent elsewhere"


@pytest.mark.parametrize(
    ("name", "asked"),
    [("pace", {"xencenode", "xensenode"}), ("door", {"xencenode", "xensenode"}), ("forwarding", set())],
)
def test_only_who_goes_by_it_has_the_public_address_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str, asked: set[str]
) -> None:
    told: list[set[str]] = []

    def take(_box: Box, _wants: object, _each: float, doors: set[Node]) -> tuple[View, dict[str, str]]:
        told.append({node.name for node in doors})
        return View(), {}

    monkeypatch.setattr(view, "take", take)
    monkeypatch.setattr(ask, "broken", lambda *_, **__: {})
    at = (None, site.ce, site.se)
    placed = [each for each in Graph(site, "box", ALL).all if each.link.name == name and each.node in at]
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
