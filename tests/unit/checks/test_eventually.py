"""Waiting for the box."""

import pytest

from harness.errors import CheckFailed
from harness.expect import CheckTimedOut, NotYet, eventually


def test_what_comes_is_returned() -> None:
    seen = iter([None, "", "here"])
    assert eventually("the third", lambda: next(seen), seconds=10) == "here"


def test_what_never_comes_is_a_fault_of_the_box() -> None:
    with pytest.raises(CheckTimedOut, match="a WN") as caught:
        eventually("a WN", lambda: None, seconds=0, where="xencenode", remedy="start slurmd")
    assert isinstance(caught.value, CheckFailed)
    assert caught.value.remedy == "start slurmd"


def test_the_last_thing_seen_is_told() -> None:
    def probe() -> bool:
        raise NotYet("2 of 3 are there")

    with pytest.raises(CheckTimedOut) as caught:
        eventually("three", probe, seconds=0)
    assert caught.value.why == "last seen: 2 of 3 are there"
