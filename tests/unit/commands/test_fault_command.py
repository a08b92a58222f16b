"""``./icebox fault``: what it says, and that doing so helps."""

import json
import shlex
from collections.abc import Callable

import pytest

from harness import cli
from harness.commands import fault
from harness.faults import exercise
from harness.faults.registry import catalogue, named
from tests.drill.tried import Told, refused
from tests.unit.faults.fakes import FakeBox

Say = Callable[[str], str]


@pytest.fixture
def box(home: object, monkeypatch: pytest.MonkeyPatch) -> FakeBox:
    found = FakeBox(name="icebox")
    monkeypatch.setattr(fault, "box_that_is_up", lambda options: found)
    monkeypatch.setattr(fault, "known_box", lambda options: found.name)
    # Some sign, and this box has no CA.
    monkeypatch.setattr(exercise, "catalogue", lambda: (named("wn-drained"), named("catalogue-rb-stopped")))
    return found


@pytest.fixture
def say(box: FakeBox, capsys: pytest.CaptureFixture[str]) -> Say:
    """What a line of icebox prints."""

    def run(line: str) -> str:
        options = cli.parser().parse_args(shlex.split(line.removeprefix("./icebox ")))
        options.run(options)
        return capsys.readouterr().out

    return run


def test_the_list_has_all_faults_and_marks_those_that_are_there(say: Say) -> None:
    say("fault put catalogue-rb-stopped")
    lines = say("fault list").splitlines()
    assert len(lines) == len(catalogue()) + 1
    assert [line.split()[1] for line in lines if line.startswith("*")] == ["catalogue-rb-stopped"]
    assert lines[-1] == "In the box 'icebox': 1 with a *."


def test_words_choose_from_the_list_whatever_their_case(say: Say) -> None:
    found = json.loads(say("fault list --json WN hung"))["faults"]
    assert found
    assert all("wn" in each["name"] and "hung" in each["name"] for each in found)


def test_what_is_put_in_is_taken_out_by_name_or_with_all(say: Say) -> None:
    say("fault put catalogue-rb-stopped gatekeeper-ce-stopped wn-offline")
    assert say("fault take wn-offline") == "Taken out: wn-offline.\n"
    assert say("fault take") == "Taken out: gatekeeper-ce-stopped, catalogue-rb-stopped.\n"
    assert say("fault take") == "No fault is in the box 'icebox'.\n"


def test_a_hidden_fault_is_not_told_as_json_either(say: Say) -> None:
    assert json.loads(say("fault put --hidden --json wn-offline")) == {"hidden": True}
    listed = json.loads(say("fault list --json"))
    assert (listed["hidden"], [each for each in listed["faults"] if each["there"]]) == (1, [])
    assert json.loads(say("fault guess --answer --json"))["name"] == "wn-offline"


@pytest.mark.tries("./icebox fault put --hidden --seed N")
def test_a_seed_without_a_choice(told: Told, say: Say) -> None:
    line = refused(told, lambda: say("fault put --seed 1 wn-offline"))
    assert "A fault is in the box" in say(line.replace("N", "1"))


@pytest.mark.tries("./icebox fault list names all", "--hidden chooses one")
def test_no_fault_is_named(told: Told, say: Say) -> None:
    refused(told, lambda: say("fault put"))
    assert "wn-offline" in say("fault list")
    assert "A fault is in the box" in say("fault put --hidden")


@pytest.mark.tries("./icebox fault list --box … marks those that are")
def test_what_is_not_there_can_not_be_taken_out(told: Told, say: Say) -> None:
    say("fault put wn-drained")
    refused(told, lambda: say("fault take wn-offline"))
    assert "* wn-drained" in say("fault list")


@pytest.mark.tries("./icebox fault guess gatekeeper@ce")
def test_a_guess_of_nothing(told: Told, say: Say) -> None:
    say("fault put --hidden gatekeeper-ce-stopped")
    line = refused(told, lambda: say("fault guess"))
    assert say(line).startswith("Found, for 100 points: gatekeeper-ce-stopped")


@pytest.mark.tries("./icebox fault put --hidden --box … puts one in")
def test_nothing_to_guess(told: Told, say: Say) -> None:
    line = refused(told, lambda: say("fault guess --hint")).removesuffix(" puts one in")
    say(line)
    assert say("fault guess --hint").startswith("Look at ")


@pytest.mark.tries("./icebox fault take --box …")
def test_nothing_left_to_hide(told: Told, say: Say) -> None:
    say("fault put wn-offline")
    line = refused(told, lambda: say("fault put --hidden wn-offline"))
    say(line)
    assert "A fault is in the box" in say("fault put --hidden wn-offline")


@pytest.mark.tries(
    "./icebox fault list names the faults, and behind each the link, such as gatekeeper@ce",
)
def test_a_guess_that_means_nothing(told: Told, say: Say, box: FakeBox) -> None:
    say("fault put --hidden gatekeeper-ce-stopped")
    refused(told, lambda: say("fault guess the-network"))
    finding = say("fault list gatekeeper-ce-stopped").split()[1]
    assert exercise.guess(box.box, finding)[0]
