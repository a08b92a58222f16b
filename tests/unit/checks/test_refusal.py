"""Jobs that are not sent: only a CE that says no to their owner, and again, ends the wait for them."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.actors import gridjobs
from harness.actors.gridjobs import JobRefused, Refusal
from harness.command import CommandResult
from harness.grid.jobs import JobState

IN = ("GRAM Authentication test successful\n", 0)
NO = ("GRAM Authentication test failure: an authentication operation failed\n", 1)
AWAY = ("GRAM Authentication test failure: the connection to the server failed (check host and port)\n", 1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UNSENT", "AGAIN"):
        monkeypatch.setattr(gridjobs, name, 0.0)


class FakeJobs:
    """A fake of the student's commands: the CEs answer one after the other."""

    def __init__(self, answers: Iterable[tuple[str, int]]) -> None:
        self.answers = iter(answers)

    def run(self, line: str) -> CommandResult:
        output, code = next(self.answers)
        return CommandResult(line, "ui", code, output, "", 0.0)


def look(answers: Iterable[tuple[str, int]], state: JobState, ces: int = 1) -> None:
    names = [f"ce{number}.example.org" for number in range(ces)]
    refusal = Refusal(cast(Any, FakeJobs(answers)), names)
    for _ in range(4):
        refusal.look("3 jobs to end", [cast(Any, SimpleNamespace(state=state))])


@pytest.mark.parametrize("state", [JobState.READY, JobState.WAITING])
def test_a_ce_that_says_no_twice_ends_the_wait(state: JobState) -> None:
    with pytest.raises(JobRefused, match=r"the CE lets the jobs' owner not in: .*authentication"):
        look([NO, NO], state)


@pytest.mark.parametrize(
    "answers",
    [
        [IN] * 4,  # the queue is full: the jobs wait for their turn
        [NO, IN, NO, IN],
        [AWAY] * 4,  # too busy to take a connection
        [NO, AWAY, NO, AWAY],
    ],
)
def test_a_full_queue_or_a_busy_ce_refuses_nobody(answers: list[tuple[str, int]]) -> None:
    look(answers, JobState.READY)


def test_one_ce_of_several_is_enough() -> None:
    look([NO, IN] * 4, JobState.WAITING, ces=2)
    with pytest.raises(JobRefused):
        look([NO, NO] * 2, JobState.WAITING, ces=2)


@pytest.mark.parametrize("state", [JobState.SCHEDULED, JobState.RUNNING])
def test_nobody_is_asked_about_jobs_that_are_at_the_ce(state: JobState) -> None:
    look([], state)
