"""Waits and commands are given up once what they wait for is known to be dead."""

import threading
import time
from collections.abc import Iterator

import pytest

from harness import deadline
from harness.access import channel as shell_module
from harness.access.channel import _drain
from harness.deadline import Hope, unless, wait_for
from harness.errors import WaitError
from harness.expect import CheckTimedOut, eventually

DEAD = "slurmd on xenwnnode does not answer"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "GLANCE", 0.01)
    monkeypatch.setattr(shell_module, "GLANCE", 0.01)


@pytest.mark.parametrize("kind", [WaitError, CheckTimedOut])
def test_a_wait_ends_long_before_its_deadline_and_begins_with_the_cause(kind: type[Exception]) -> None:
    def wait() -> None:
        if kind is WaitError:
            wait_for("a job to end", lambda: None, 3600)
        else:
            eventually("a job to end", lambda: None, seconds=3600, remedy="start it")

    with unless(lambda: DEAD), pytest.raises(kind) as caught:
        wait()
    assert str(caught.value).startswith(DEAD)
    assert "3600" not in str(caught.value)


def test_what_comes_meanwhile_counts() -> None:
    answers = iter([None, None, "there"])
    with unless(lambda: ""):
        assert wait_for("a word", lambda: next(answers), 60, pause=0.02) == "there"


def test_whoever_is_asked_may_wait_itself() -> None:
    def look() -> str:
        # As a command of the harness would: it must not ask for hope again.
        return "" if wait_for("an answer", lambda: "yes", 60) == "yes" and not Hope().lost() else DEAD

    with unless(look), pytest.raises(WaitError, match="waited"):
        wait_for("nothing", lambda: None, 0.1)


class Channel:
    """A fake of paramiko's: a stream that stays open and says nothing."""

    def settimeout(self, seconds: float) -> None:
        self.seconds = seconds

    def receive(self, size: int) -> bytes:
        time.sleep(self.seconds)
        raise TimeoutError


def drained(lost: Iterator[str], end: float) -> str:
    channel = Channel()
    return _drain(channel.receive, channel, None, time.monotonic() + end, lambda: next(lost))  # type: ignore[arg-type]


def test_a_command_that_takes_long_is_left() -> None:
    assert drained(iter(["", "", DEAD]), 3600) == DEAD
    assert drained(iter([""] * 1000), 0.05) == "no answer in time"


def test_threads_of_a_check_look_as_it_does() -> None:
    from harness.checks import together

    before = set(threading.enumerate())
    with unless(lambda: DEAD), pytest.raises(WaitError, match=DEAD):
        together.each([1, 2], lambda _: wait_for("a job to end", lambda: None, 3600))
    assert set(threading.enumerate()) <= before, "none of them waits on"
