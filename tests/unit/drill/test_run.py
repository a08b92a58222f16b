"""Trials on boxes side by side: each is held once, in whatever order they end."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from harness.box.box import Box
from harness.drill.ground import Ground
from harness.drill.plan import Trial
from harness.drill.run import run
from harness.drill.trial import Result
from harness.errors import HarnessError, InputError
from harness.faults.registry import named
from harness.sitefile import load
from harness.state import checkout

TRIALS: tuple[Trial, ...] = tuple((named(name),) for name in ("wn-offline", "wn-drained", "queue-ce-closed"))


class FakeGround:
    site = load(checkout() / "icebox.toml")

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def sound(self) -> Box:
        if self.error:
            raise self.error
        return cast(Box, self)


def hold(_box: Box, faults: Trial, number: int) -> Result:
    return Result((faults[0].name,), ("x",), seconds=number)


def held(*grounds: FakeGround) -> tuple[Result, ...]:
    return run(TRIALS, cast(list[Ground], list(grounds)), hold, lambda result: None)


def test_results_come_in_the_order_of_the_trials() -> None:
    first_waits, told = threading.Event(), []

    def wait(box: Box, faults: Trial, number: int) -> Result:
        if number == 0:
            assert first_waits.wait(20)
        elif number == len(TRIALS) - 1:
            first_waits.set()
        return hold(box, faults, number)

    grounds = cast(list[Ground], [FakeGround(), FakeGround()])
    found = run(TRIALS, grounds, wait, lambda result: told.append(result.faults[0]))
    assert [each.faults[0] for each in found] == [faults[0].name for faults in TRIALS]
    assert sorted(told) == sorted(each.faults[0] for each in found)


def test_a_trial_without_a_box_is_told_and_the_others_are_held() -> None:
    found = held(FakeGround(HarnessError("no box comes up")))
    assert [each.trouble for each in found] == ["no box comes up"] * len(TRIALS)
    assert found[0].wanted == ("slurmd@xenwnnode",)
    assert not any(each.passed for each in found)


def test_somebodys_box_that_is_broken_ends_the_drill() -> None:
    with pytest.raises(InputError, match="broken already"):
        held(FakeGround(InputError("the box is broken already")))
