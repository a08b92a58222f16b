"""How checks say what they found."""

import contextvars

import pytest

from harness.checks import together
from harness.command import CommandResult, announce, listening
from harness.errors import CheckFailed
from harness.expect import SHOWN, eventually, expect_none, tried


def test_no_problem_no_error() -> None:
    expect_none([], "never", remedy="none")


def test_problems_are_named_with_a_remedy() -> None:
    with pytest.raises(CheckFailed) as caught:
        expect_none(["one", "two"], "nodes are lost", remedy="find them")
    assert str(caught.value).splitlines() == [
        "nodes are lost",
        "  why: one",
        "       two",
        "  do:  find them",
    ]


def test_many_problems_are_cut() -> None:
    with pytest.raises(CheckFailed) as caught:
        expect_none([str(number) for number in range(SHOWN + 3)], "all", remedy="none")
    assert caught.value.why.endswith("… and 3 more")


def test_eventually_bears_what_fails_at_first() -> None:
    left = [CheckFailed("no"), OSError("refused"), None, "yes"]

    def probe() -> str | None:
        seen = left.pop(0)
        if isinstance(seen, Exception):
            raise seen
        return seen

    assert eventually("it", tried(probe), seconds=5, remedy="none") == "yes"


def test_eventually_tells_the_last_trouble_once() -> None:
    def probe() -> None:
        raise CheckFailed("the WN is down", where="xenwnnode", why="drained", remedy="inner")

    with pytest.raises(CheckFailed) as caught:
        eventually("it to work", tried(probe), seconds=0, remedy="outer")
    assert caught.value.why == "last seen: xenwnnode; the WN is down; drained"
    assert caught.value.remedy == "outer"


def test_eventually_lets_harness_errors_through() -> None:
    def probe() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        eventually("it", tried(probe), seconds=5, remedy="none")


def test_together_keeps_order_and_tells_the_listener() -> None:
    heard: list[str] = []

    def work(number: int) -> int:
        announce(CommandResult(str(number), "here", 0, "", "", 0.0))
        return number * number

    with listening(lambda result: heard.append(result.command)):
        assert together.each(range(20), work) == [number * number for number in range(20)]
    assert sorted(heard, key=int) == [str(number) for number in range(20)]


def test_together_runs_each_in_a_context_of_its_own() -> None:
    mine = contextvars.ContextVar("mine", default=0)

    def work(number: int) -> int:
        before = mine.get()
        mine.set(number)
        return before

    assert together.each(range(1, 9), work) == [0] * 8


def test_problems_of_all_in_order() -> None:
    assert together.problems([3, 0, 2], lambda count: ["x"] * count) == ["x"] * 5
