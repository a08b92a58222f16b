"""The exercise: a hidden fault, hints and guesses, and what they cost."""

import pytest

from harness.box.box import Box
from harness.errors import InputError
from harness.faults import exercise, standing
from harness.faults.registry import catalogue, named
from tests.unit.faults.fakes import FakeBox

HIDDEN = named("dom0-masquerade-missing")

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def box() -> Box:
    box = FakeBox().box
    exercise.hide(box, [HIDDEN])
    return box


def test_the_ledgers_list_does_not_tell_it(box: Box) -> None:
    faults = [(entry.kind, entry.key) for entry in box.ledger.open_entries() if entry.kind != "holder"]
    assert faults == [("fault", "hidden-1")]


@pytest.mark.parametrize("word", [HIDDEN.name, HIDDEN.finding, HIDDEN.link])
def test_fault_and_link_are_right_guesses(box: Box, word: str) -> None:
    right, found = exercise.guess(box, word)
    assert (right, found.fault, found.points) == (True, HIDDEN, exercise.FULL)


def test_wrong_guesses_and_hints_cost_points_and_never_more_than_there_are(box: Box) -> None:
    right, found = exercise.guess(box, "gatekeeper@ce")
    assert (right, found.points) == (False, exercise.FULL - exercise.WRONG)
    exercise.hint(box)
    assert exercise.current(box).points == exercise.FULL - exercise.WRONG - exercise.HINT
    for _ in range(20):
        exercise.guess(box, "gatekeeper@ce")
    assert exercise.current(box).points == 0


def test_hints_lead_from_the_place_to_the_thing_and_the_last_is_free_when_told_again(box: Box) -> None:
    said = [exercise.hint(box) for _ in range(4)]
    assert said[0] == "Look at the dom0."
    assert HIDDEN.link in said[1]
    assert HIDDEN.about in said[2]
    assert said[3] == said[2]
    assert exercise.current(box).hints == 3


def test_a_word_that_means_nothing_costs_nothing(box: Box) -> None:
    with pytest.raises(InputError, match="neither a fault nor a broken link"):
        exercise.guess(box, "the network")
    assert exercise.current(box).points == exercise.FULL


def test_the_same_seed_hides_the_same_fault() -> None:
    chosen = []
    for name in ("one", "two"):
        fake = FakeBox(name=name)
        exercise.hide(fake.box, seed=7)
        chosen.append(exercise.current(fake.box).fault)
    assert chosen[0] == chosen[1]
    assert chosen[0] in catalogue()


def test_what_is_there_is_not_hidden_again(box: Box) -> None:
    with pytest.raises(InputError, match="no further fault"):
        exercise.hide(box, [HIDDEN])


def test_without_a_hidden_fault_there_is_nothing_to_guess() -> None:
    fake = FakeBox(name="other")
    standing.put(fake.box, HIDDEN)
    with pytest.raises(InputError, match="no hidden fault"):
        exercise.guess(fake.box, HIDDEN.name)
