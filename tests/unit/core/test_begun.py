"""What is begun beside something else, and awaited when it is wanted."""

import threading
from contextvars import ContextVar

import pytest

from harness.deadline import begun

SECONDS = 10.0
chosen: ContextVar[str] = ContextVar("chosen", default="nothing")


def test_it_goes_on_beside_its_caller_until_it_is_asked() -> None:
    here, there = threading.Event(), threading.Event()

    def action() -> str:
        there.set()
        assert here.wait(SECONDS)
        return "done"

    result = begun(action, "a test")
    assert there.wait(SECONDS), "it has not begun"
    here.set()
    assert result() == result() == "done"


def test_what_it_raises_is_raised_where_it_is_asked() -> None:
    def action() -> None:
        raise OSError("no such dom0")

    result = begun(action, "a test")
    with pytest.raises(OSError, match="no such dom0"):
        result()


def test_it_is_in_its_callers_context() -> None:
    chosen.set("this")
    assert begun(chosen.get, "a test")() == "this"


def test_nobody_who_ends_waits_for_it() -> None:
    never = threading.Event()
    begun(never.wait, "a test that nobody asks")
    [thread] = [each for each in threading.enumerate() if each.name == "a test that nobody asks"]
    try:
        assert thread.daemon
    finally:
        never.set()
        thread.join(SECONDS)
