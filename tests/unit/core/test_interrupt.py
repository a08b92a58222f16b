"""Ctrl-C and deaths of parents, in processes of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import process
from harness.deadline import side_by_side, wait_for, within
from harness.errors import SilentError

PATIENCE = 60.0


@contextlib.contextmanager
def program(text: str, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A Python program of ours; it is ended afterwards."""
    words = [sys.executable, "-c", text]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **more)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def ignoring() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


ENDING = """
import sys
from harness import interrupt
interrupt.as_keyboard_once()
try:
    print("ready", flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    print("ending", flush=True)
    with interrupt.held():
        sys.stdin.read()
    print("ended", flush=True)
"""


@pytest.mark.parametrize("before", [None, ignoring], ids=["as usual", "in the background of a shell"])
def test_the_first_signal_ends_and_further_ones_disturb_nothing(before: Callable[[], None] | None) -> None:
    with program(ENDING, stdin=subprocess.PIPE, preexec_fn=before) as child:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "ending\n"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            child.send_signal(number)
        output, _ = child.communicate(timeout=PATIENCE)
        assert (child.returncode, output) == (0, "ended\n")


DYING = """
import os, subprocess, sys
subprocess.run([sys.executable, "-c", '''
import os, sys, time
from harness import interrupt
interrupt.die_with_parent()
print(os.getpid(), flush=True)
time.sleep(600)
'''])
"""


def test_who_dies_with_its_parent() -> None:
    with program(DYING) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert process.started(child)
        parent.kill()
        wait_for("the child to be gone", lambda: not process.started(child), PATIENCE)


def test_whatever_hangs_there_is_an_end() -> None:
    text = "import time; from harness import interrupt; interrupt.end_after(0.2, 3); time.sleep(600)"
    with program(text) as child:
        child.communicate(timeout=PATIENCE)
        assert child.returncode == 3


def test_a_signature_is_of_one_process_alone() -> None:
    mine = process.signature(os.getpid())
    assert process.is_signature(mine)
    for other in (f"{mine}1", "", "0:", mine.partition(":")[0]):
        assert not process.is_signature(other), other
    child = subprocess.Popen(["sleep", "600"])
    its = process.signature(child.pid)
    # It began later than this one; a parent may have begun in the same tick.
    assert not process.is_signature(f"{child.pid}:{mine.partition(':')[2]}")
    assert process.is_signature(its)
    child.kill()
    child.wait()
    assert not process.is_signature(its)


def test_a_call_that_ends_in_time_gives_what_it_has() -> None:
    assert within(PATIENCE, "it", lambda: 7) == 7
    nothing: dict[str, int] = {}
    with pytest.raises(KeyError, match="lost"):
        within(PATIENCE, "it", lambda: nothing["lost"])


def test_a_call_that_hangs_is_left() -> None:
    over = threading.Event()
    with pytest.raises(SilentError, match=r"waited 0\.1 s for the oracle"):
        within(0.1, "the oracle", over.wait)
    over.set()


def test_side_by_side_does_all_and_tells_the_first_error() -> None:
    done: list[int] = []

    def act(item: int) -> None:
        done.append(item)
        if item == 2:
            raise ValueError("two")

    with pytest.raises(ValueError, match="two"):
        side_by_side(act, [1, 2, 3, 4], 2)
    assert sorted(done) == [1, 2, 3, 4]
    side_by_side(act, [], 4)


LEFT = """
import signal, threading
from harness.deadline import side_by_side
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    side_by_side(lambda item: threading.Event().wait(), [1, 2, 3], 2)
except KeyboardInterrupt:
    print("left", flush=True)
"""


def test_side_by_side_is_left_when_interrupted() -> None:
    """The process ends though two of its threads never do."""
    with program(LEFT) as child:
        output, _ = child.communicate(timeout=PATIENCE)
        assert (child.returncode, output) == (0, "left\n")
