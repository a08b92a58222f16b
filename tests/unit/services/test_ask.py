"""Questions to a whole box: all at once, each at its place."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box.box import Box
from harness.box.patience import ANSWERING
from harness.command import CommandResult
from harness.dom0.talk import Answer, Target
from harness.errors import HarnessError, LostError, UnreachableError
from harness.services import ask, looks, status
from harness.services.graph import Graph, Placed
from harness.site import Node, Site


class Place:
    """A fake place: what it says to each command, by a word in it."""

    DISTANCE = 0.0

    def __init__(self, name: str, **answers: tuple[int, str]) -> None:
        self.name, self.answers = name, answers
        self.silent: dict[int, str] = {}
        self.stands, self.seconds = True, 0.01
        self.given: list[float] = []
        self.timeouts: list[float] = []
        self.undone = ""
        self.pace = 1.0

    def longer(self, seconds: float) -> float:
        return seconds * self.pace

    def disturbed(self, site: Site) -> str:
        return self.undone

    def speak(
        self, targets: Sequence[Target], *, each: float, until: float = 0.0, pace: float
    ) -> list[Answer]:
        self.given.append(each * pace)
        return [Answer(self.silent.get(port, "")) for _, _, port in targets]

    def run(self, command: str | Sequence[str], *, timeout: float = 0) -> CommandResult:
        self.timeouts.append(timeout)
        words = command if isinstance(command, str) else " ".join(command)
        code, said = next((told for word, told in self.answers.items() if word in words), (0, ""))
        return CommandResult(words, self.name, code, said, "", self.seconds)


@pytest.fixture
def box(site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(ask, "LOOKS", {**looks.LOOKS, "hypervisor_answers": lambda box, node, ways: ""})
    free = (0, "xenwnnode\n     state = free\n")
    nodes: dict[Node, Place | None] = {node: Place(node.name, pbsnodes=free) for node in site.nodes}
    return SimpleNamespace(
        name="school",
        site=site,
        site_now=site,
        nodes=nodes,
        dom0=Place("dom0"),
        down=lambda: [node for node, place in nodes.items() if place is None],
        machines=SimpleNamespace(insides=lambda asked: {node: nodes[node] for node in asked}),
        pace=1.0,
    )


def told(box: Box) -> list[str]:
    whys = ask.broken(box, Graph(box.site, box.name).all)
    return sorted(f"{placed} {why}" for placed, why in whys.items())


def test_a_sound_box(box: Any) -> None:
    assert told(box) == []


def test_nodes_are_looked_for_once_and_only_where_one_is_asked(box: Any, site: Site) -> None:
    looked: list[int] = []
    found = box.machines.insides
    box.machines.insides = lambda asked: looked.append(1) or found(asked)
    graph = Graph(site, box.name)
    ask.broken(box, graph.named("box", "gatekeeper"))
    assert looked == []
    ask.broken(box, graph.all)
    assert looked == [1]


def test_what_is_wrong_is_said_of_each_in_its_own_words(box: Any, site: Site) -> None:
    box.dom0.silent = {2135: "the connection is refused", 9000: "it said nothing"}
    box.nodes[site.rb] = Place("xenrbnode", condor_q=(1, "is failed"))
    box.nodes[site.ce] = Place("xencenode", pbsnodes=(0, "xenwnnode\n     state = down\n"))
    assert told(box) == [
        "bdii on xencenode does not answer: port 2135: the connection is refused",
        "bdii on xenrbnode does not answer: port 2135: the connection is refused",
        "bdii on xensenode does not answer: port 2135: the connection is refused",
        "broker on xenrbnode does not answer: port 9000: it said nothing",
        "condor on xenrbnode is failed",
        "slurmd on xenwnnode gets no jobs: for the scheduler on xencenode it is down",
    ]


@pytest.mark.parametrize("state", ["free", "job-exclusive"])
def test_a_wn_that_gets_jobs(box: Any, site: Site, state: str) -> None:
    box.nodes[site.ce] = Place("xencenode", pbsnodes=(0, f"xenwnnode\n     state = {state}\n"))
    assert told(box) == []


def test_a_node_that_is_down_is_where_the_trouble_begins(box: Any, site: Site) -> None:
    box.nodes[site.ce] = None
    box.dom0.silent = dict.fromkeys((2119, 6817), "no route to host")
    found = status.of(box)
    assert [(str(each), each.told_by) for each in found.broken] == [("xencenode is down", "BOX-2")]
    assert not found.running(site.ce)
    assert found.running(site.wn)
    assert found.services(site.ce)["gatekeeper"] is False
    assert found.services(site.rb)["voms"] is True


def test_a_frozen_node_runs_and_answers_nobody(box: Any, site: Site) -> None:
    box.nodes[site.wn] = Place("xenwnnode", systemctl=(124, ""))
    found = status.of(box)
    assert found.running(site.wn)
    assert [str(each) for each in found.broken] == ["xenwnnode does not answer within 2 s"]


def test_a_box_that_is_down(box: Any) -> None:
    box.dom0.stands = False
    assert status.silent_services(box) == ("the whole box",)
    assert [str(each) for each in status.of(box).broken] == ["the box school is down"]


@pytest.mark.parametrize("why", [FileNotFoundError("its process is gone"), HarnessError("python3 fails")])
def test_a_dom0_that_dies_meanwhile_is_told(box: Any, site: Site, why: Exception) -> None:
    """Between the look whether it stands and the question there is time enough."""

    def speak(*_: object, **__: object) -> None:
        raise why

    box.dom0.speak = speak
    found = ask.broken(box, Graph(site, box.name).named("gatekeeper", "munge"))
    assert [f"{each} {text}" for each, text in found.items()] == [
        f"gatekeeper on xencenode can't be asked: {why}"
    ]


def test_a_network_that_others_have_undone(box: Any) -> None:
    box.dom0.undone = "has lost its rules"
    [found] = status.of(box).broken
    assert str(found) == "the network of the box school has lost its rules"
    assert "./icebox restore --box school dom0" in found.remedy


def test_the_question_of_a_line_says_what_systemd_says(site: Site) -> None:
    placed: Placed = next(each for each in Graph(site).all if each.link.name == "mariadb")
    [question] = placed.link.asked
    line = ask._line(placed, question, SimpleNamespace(site=site, pace=2.4))  # type: ignore[arg-type]
    assert "systemctl is-active mariadb.service" in line
    assert line.startswith("SECOND=3; "), "what is asked itself has whole seconds of a slow machine"


def test_what_answers_when_it_is_asked_once_more_is_not_broken(box: Any) -> None:
    """A busy machine is not a broken one."""
    box.dom0.silent = {9000: "it said nothing"}
    real = box.dom0.speak

    def speak(*words: Any, **more: Any) -> Any:
        answers = real(*words, **more)
        box.dom0.silent = {}
        return answers

    box.dom0.speak = speak
    found = status.of(box)
    assert (found.broken, found.silent) == ((), ())


@pytest.mark.parametrize(("seconds", "given"), [(0.01, 1.0), (0.5, 10.0), (9.0, ANSWERING)])
def test_a_slow_machine_has_more_time_when_it_is_asked_once_more(
    box: Any, seconds: float, given: float
) -> None:
    box.dom0.silent, box.dom0.seconds = {9000: "it said nothing"}, seconds
    assert [each.placed.link.name for each in status.of(box).broken] == ["broker"]
    assert box.dom0.given == [ask.EACH, given]


def test_emulated_nodes_have_more_time_from_the_first(box: Any) -> None:
    box.pace = 6.0
    box.dom0.silent, box.dom0.seconds = {9000: "it said nothing"}, 0.01
    assert [each.placed.link.name for each in status.of(box).broken] == ["broker"]
    assert box.dom0.given == [pytest.approx(12.0), pytest.approx(6.0)]


@pytest.mark.parametrize("lost", [LostError("the connection was lost"), UnreachableError("out of reach")])
@pytest.mark.parametrize("where", ["dom0", "node"])
def test_what_is_lost_on_the_way_says_nothing_of_the_box(
    box: Any, monkeypatch: pytest.MonkeyPatch, lost: HarnessError, where: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise lost

    place, what = (box.dom0, "speak") if where == "dom0" else (box.nodes[box.site.wn], "run")
    monkeypatch.setattr(place, what, fails)
    with pytest.raises(type(lost)):
        ask.broken(box, Graph(box.site, box.name).all)


def test_a_distant_dom0_has_the_way_beside_the_answer(box: Any) -> None:
    box.dom0.DISTANCE = 8.0
    assert told(box) == []
    assert set(box.nodes[box.site.wn].timeouts) == {ask.EACH + 8.0}
