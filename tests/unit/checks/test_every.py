"""Doing all of several things, and telling of each that failed."""

import pytest

from harness.errors import CheckFailed
from harness.expect import every


def test_the_first_failure_is_raised_after_all_were_tried_and_tells_of_the_others() -> None:
    tried: list[int] = []

    def action(number: int) -> None:
        tried.append(number)
        if number % 2:
            raise CheckFailed(f"{number} is odd", why=f"seen {number}", remedy="halve it")

    with pytest.raises(CheckFailed) as caught:
        every([0, 1, 2, 3, 5], action)
    assert tried == [0, 1, 2, 3, 5]
    assert (caught.value.what, caught.value.remedy) == ("1 is odd", "halve it")
    assert [words in caught.value.why for words in ("seen 1", "3 is odd", "5 is odd")] == [True] * 3


def test_nothing_that_failed_is_no_failure() -> None:
    every([2, 4], lambda number: number)
