"""Trials on boxes side by side: each is held once, in whatever order they end."""

import threading
from typing import cast

import pytest

from harness.box.box import Box
from harness.drill.boxkeeper import BoxKeeper
from harness.drill.plan import Trial
from harness.drill.run import Hold, run
from harness.drill.trial import Result
from harness.errors import HarnessError, InputError
from harness.faults.registry import named
from tests.unit.sites import SITE

TRIALS: tuple[Trial, ...] = tuple((named(name),) for name in ("wn-offline", "wn-drained", "queue-ce-closed"))


class FakeKeeper:
    site = SITE

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def sound(self) -> Box:
        if self.error:
            raise self.error
        return cast(Box, self)

    def left(self, *, sound: bool) -> None:
        self.seen = sound


def hold(_box: Box, faults: Trial, number: int) -> Result:
    return Result((faults[0].name,), ("x",), seconds=number)


def held(*keepers: FakeKeeper, hold: Hold = hold) -> dict[int, Result]:
    found: dict[int, Result] = {}
    run(dict(enumerate(TRIALS)), cast(list[BoxKeeper], list(keepers)), hold, found.__setitem__)
    return found


def test_each_trial_is_held_once_and_told_by_its_number() -> None:
    first_waits = threading.Event()

    def wait(box: Box, faults: Trial, number: int) -> Result:
        if number == 0:
            assert first_waits.wait(20)
        elif number == len(TRIALS) - 1:
            first_waits.set()
        return hold(box, faults, number)

    found = held(FakeKeeper(), FakeKeeper(), hold=wait)
    assert {number: each.faults[0] for number, each in found.items()} == {
        number: faults[0].name for number, faults in enumerate(TRIALS)
    }


def test_only_the_trials_of_these_numbers_are_held() -> None:
    found: dict[int, Result] = {}
    run({2: TRIALS[2]}, cast(list[BoxKeeper], [FakeKeeper()]), hold, found.__setitem__)
    assert [(number, each.faults) for number, each in found.items()] == [(2, ("queue-ce-closed",))]


def test_a_keeper_without_a_box_leaves_its_trial_to_another() -> None:
    assert len(held(FakeKeeper(HarnessError("no box comes up")), FakeKeeper())) == len(TRIALS)


def test_a_keeper_without_a_box_tries_again_when_a_trial_has_ended() -> None:
    class Late(FakeKeeper):
        def sound(self) -> Box:
            tried.append(self)
            if len(tried) == 1:
                failed.set()
                raise HarnessError("no room for a box")
            return super().sound()

    tried: list[FakeKeeper] = []
    failed, both = threading.Event(), threading.Barrier(2, timeout=20)

    def wait(box: Box, faults: Trial, number: int) -> Result:
        assert failed.wait(20)
        if number:  # the last two are held at the same time, which takes two keepers
            both.wait()
        return hold(box, faults, number)

    assert len(held(FakeKeeper(), Late(), hold=wait)) == len(TRIALS)
    assert len(tried) == 2


def test_without_any_box_no_trial_is_held_and_the_reason_is_told() -> None:
    """A machine that has no room for a box says nothing about two hundred faults."""
    found: dict[int, Result] = {}
    keepers = cast(list[BoxKeeper], [FakeKeeper(HarnessError("no box comes up"))] * 2)
    with pytest.raises(HarnessError, match="no box comes up"):
        run(dict(enumerate(TRIALS)), keepers, hold, found.__setitem__)
    assert found == {}


def test_somebodys_box_that_is_broken_ends_the_drill() -> None:
    with pytest.raises(InputError, match="broken already"):
        held(FakeKeeper(InputError("the box is broken already")))
