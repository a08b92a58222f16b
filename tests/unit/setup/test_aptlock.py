"""Another program that installs packages is waited for, and named."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.deadline import Deadline
from harness.setup import aptlock, debian
from harness.setup.shell import LockedError, Shell

LOCK = "var/lib/dpkg/lock-frontend"
HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def holding(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lock until it reads a line."""
    (root / LOCK).parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-c", HOLD, str(root / LOCK)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


def never() -> bool:
    return False


def test_nobody(tmp_path: Path) -> None:
    aptlock.wait(tmp_path, pytest.fail, Deadline(0), never)
    (tmp_path / LOCK).parent.mkdir(parents=True)
    (tmp_path / LOCK).touch()
    aptlock.wait(tmp_path, pytest.fail, Deadline(0), never)


def test_another_is_waited_for_by_name(tmp_path: Path) -> None:
    with holding(tmp_path) as other:
        told: list[str] = []

        def note(text: str) -> None:
            told.append(text)
            assert other.stdin is not None
            other.stdin.write("\n")
            other.stdin.flush()

        aptlock.wait(tmp_path, note, Deadline(60), never)
        name = Path(sys.executable).name[:15]  # as the kernel has it
        assert told == [f"Waiting for {name} (process {other.pid}), which holds {tmp_path / LOCK}."]


def test_a_stopped_set_up_waits_no_more(tmp_path: Path) -> None:
    with holding(tmp_path):
        aptlock.wait(tmp_path, lambda _: None, Deadline(60), lambda: True)


def test_one_that_came_in_between_is_waited_for(fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[Path] = []

    def wait(root: Path, *_: object) -> None:
        waits.append(root)
        if len(waits) == 2:
            fakes.mend("dpkg")

    monkeypatch.setattr(aptlock, "wait", wait)
    fakes.fail("dpkg", "dpkg: error: dpkg frontend lock was locked by another process with pid 7")
    fakes.machine.home.mkdir()
    step = debian.step(fakes.machine)
    step.install(Shell(fakes.machine.home / "log"))
    assert step.ready()
    assert len(fakes.calls("dpkg")) == 2


def test_one_that_always_comes_in_between_is_told(fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aptlock, "PATIENCE", 0.0)
    fakes.machine.home.mkdir()
    fakes.fail("apt-get", "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt)")
    with pytest.raises(LockedError) as caught:
        debian.step(fakes.machine).install(Shell(fakes.machine.home / "log"))
    assert "It is held by process 7 (apt)" in caught.value.why
