"""Who is told that there are new attempts: gridmanagers, and nobody who would die of it.

Fakes: processes that only bear the names of HTCondor's, by which the real ones are found.
"""

import os
import secrets
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from gridware.wms.broker import gridmanager

HEARS = """import os, signal
signal.signal(signal.SIGUSR2, lambda *_: os.write(1, b"told\\n"))
os.write(1, b"up\\n")
while True:
    signal.pause()
"""
DEAF = "import signal; print('up', flush=True); signal.pause()"
"""Would die of the signal."""
PARENT = """import subprocess, sys
python, name, code, account = sys.argv[1:]
subprocess.run([name, "-ISc", code, "-f", "-o", account], executable=python)
"""

PATIENCE = 60.0
"""Seconds for a process to say a word."""

Start = Callable[[str, str, str], subprocess.Popen[bytes]]


@pytest.fixture
def account() -> str:
    """Of no gridmanager on this machine."""
    return f"test{secrets.token_hex(6)}"


@pytest.fixture
def start(account: str) -> Iterator[Start]:
    """Starts a process of a name below a parent of a name, and waits until it is up."""
    with ExitStack() as stack:

        def run(parent: str, name: str, code: str) -> subprocess.Popen[bytes]:
            words = [parent, "-ISc", PARENT, sys.executable, name, code, account]
            process = subprocess.Popen(
                words, executable=sys.executable, stdout=subprocess.PIPE, start_new_session=True
            )
            stack.enter_context(process)
            stack.callback(end, process)
            assert heard(process) == "up"
            return process

        yield run


def end(process: subprocess.Popen[bytes]) -> None:
    """A parent and its child, unless they are gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def heard(process: subprocess.Popen[bytes]) -> str:
    """The next line that it says."""
    assert process.stdout is not None
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready, f"not a line within {PATIENCE:g} s; last seen: {line!r}"
        byte = os.read(process.stdout.fileno(), 1)
        assert byte, f"it ended; last seen: {line!r}"
        line += byte
    return line.decode().strip()


def test_gridmanager_of_the_account_is_told(start: Start, account: str) -> None:
    process = start("condor_schedd", "condor_gridmanager", HEARS)
    assert gridmanager.nudge(account)
    assert heard(process) == "told"


def test_who_is_known_is_not_looked_for(start: Start, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    process = start("condor_schedd", "condor_gridmanager", HEARS)
    assert gridmanager.nudge(account)
    assert heard(process) == "told"
    with monkeypatch.context() as nobody:
        nobody.setattr(gridmanager.Path, "glob", lambda *_: iter(()))
        assert gridmanager.nudge(account)
    assert heard(process) == "told"


def test_next_one_of_the_account_is_found(start: Start, account: str) -> None:
    first = start("condor_schedd", "condor_gridmanager", HEARS)
    assert gridmanager.nudge(account)
    end(first)
    first.wait()
    second = start("condor_schedd", "condor_gridmanager", HEARS)
    assert gridmanager.nudge(account)
    assert heard(second) == "told"


def test_what_a_gridmanager_starts_is_not_told(start: Start, account: str) -> None:
    """A GAHP server bears a gridmanager's name until it becomes itself, and would die a moment later."""
    start("condor_gridmanager", "condor_gridmanager", HEARS)
    assert not gridmanager.nudge(account)


def test_gridmanager_that_would_die_of_it_is_not_told(start: Start, account: str) -> None:
    process = start("condor_schedd", "condor_gridmanager", DEAF)
    assert not gridmanager.nudge(account)
    assert process.poll() is None


def test_others_are_not_told(start: Start, account: str) -> None:
    start("condor_schedd", "condor_gridmanager", HEARS)
    start("condor_schedd", "condor_starter", HEARS)
    assert not gridmanager.nudge("another")


def test_hurry_ends_when_it_was_heard(start: Start, account: str) -> None:
    process = start("condor_schedd", "condor_gridmanager", HEARS)
    gridmanager.hurry(account)
    # Of signals that come while one waits there is only one.
    assert heard(process) == "told"
