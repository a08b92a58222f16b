"""State directories, deadlines, marked processes, held signals."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import process, state
from harness.deadline import Deadline, wait_for
from harness.dom0 import cgroup
from harness.errors import InputError, WaitError
from harness.interrupt import held


@pytest.mark.parametrize("name", ["a", "school2", "abcdefghijkl"])
def test_good_names(name: str) -> None:
    assert state.checked_name(name) == name


@pytest.mark.parametrize("name", ["", "2a", "A", "a-b", "a.b", "../a", "abcdefghijklm", "a\n", "é"])
def test_bad_names(name: str) -> None:
    with pytest.raises(InputError) as caught:
        state.checked_name(name)
    assert "--box" in str(caught.value)


def test_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ICEBOX_HOME", raising=False)
    assert (state.home(), state.home_mark()) == (Path("/var/lib/icebox"), "")
    monkeypatch.setenv("ICEBOX_HOME", "")
    assert state.home() == Path("/var/lib/icebox")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ICEBOX_HOME", "here")
    assert state.home() == tmp_path / "here"
    mark = state.home_mark()
    monkeypatch.setenv("ICEBOX_HOME", "there")
    assert mark
    assert mark != state.home_mark()


def test_wait_returns_what_it_waited_for() -> None:
    seen = iter([None, 0, "", "now"])
    assert wait_for("a word", lambda: next(seen), 5, pause=0) == "now"


def test_wait_says_what_it_saw_last() -> None:
    def refused() -> bool:
        raise ConnectionRefusedError("nobody there")

    with pytest.raises(WaitError) as caught:
        wait_for("the port", refused, 0.02, where="xencenode", remedy="start it", pause=0.01)
    text = str(caught.value)
    assert "xencenode: waited 0.02 s for the port" in text
    assert "nobody there" in text
    assert "start it" in text


def test_wait_lets_other_errors_through() -> None:
    def broken() -> bool:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        wait_for("a miracle", broken, 5)


def test_deadline() -> None:
    assert Deadline(60).remaining > 59
    assert Deadline(0).expired
    assert Deadline(-1).remaining == 0


TOKEN = f"icebox-token-{uuid.uuid4()}"
"""Of this run alone: other runs of these tests on the same machine have processes, too."""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process with the marks ``box1`` and ``TOKEN`` side by side in its command line."""
    words = [sys.executable, "-c", "import time; time.sleep(60)", "box1", TOKEN, "/run"]
    child = subprocess.Popen(words)
    wait_for("the process to become Python", lambda: process.bears(child.pid, "box1", TOKEN), 60)
    yield child
    child.kill()
    child.wait()


def test_marked(sleeper: subprocess.Popen[bytes]) -> None:
    assert list(process.marked("box1", TOKEN)) == [sleeper.pid]
    assert list(process.marked("box2", TOKEN)) == []
    assert list(process.marked(TOKEN, "box1")) == []
    assert list(process.marked(TOKEN, "/ru")) == []


def test_end_marked(sleeper: subprocess.Popen[bytes]) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "grep", TOKEN])
    process.end_marked("box1", TOKEN, 10)
    assert sleeper.wait() == -signal.SIGKILL
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_identity(sleeper: subprocess.Popen[bytes]) -> None:
    before = process.identity(sleeper.pid)
    assert before == process.identity(sleeper.pid)
    assert before != process.identity(os.getpid())
    sleeper.kill()
    # A process that only waits to be asked for its end is gone.
    wait_for("it to end", lambda: process.identity(sleeper.pid) == "", 5)


def test_nobody_has_this_number() -> None:
    assert process.identity(2**22 + 1) == ""
    assert process.words(2**22 + 1) == []


def test_steady_wants_several_looks() -> None:
    seen = iter([True, True, False, True, True, True])
    steady = process.Steady(lambda: next(seen), looks=3)
    assert [steady() for _ in range(6)] == [False, False, False, False, False, True]


@pytest.mark.parametrize("name", ["", "icebox-a", "machine", "../icebox-a.0123456789abcdef", "icebox-a.0123"])
def test_groups_that_are_no_boxs_are_left_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cgroup.controllers").write_text("memory")
    (tmp_path / "icebox-a").mkdir()
    (tmp_path / "machine").mkdir()
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    cgroup.remove(name)
    assert (tmp_path / "icebox-a").is_dir()
    assert (tmp_path / "machine").is_dir()


def test_held_signals_come_afterwards() -> None:
    steps: list[str] = []

    def work() -> None:
        with held():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("went on")
        steps.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["went on"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_while_signals_are_held_is_not_hidden() -> None:
    def work() -> None:
        with held():
            os.kill(os.getpid(), signal.SIGINT)
            raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        work()


def test_held_in_another_thread_holds_nothing() -> None:
    seen: list[str] = []

    def work() -> None:
        with held():
            seen.append("worked")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == ["worked"]
