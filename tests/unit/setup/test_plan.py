"""Order, side by side, failure and interruption of steps."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import process
from harness.console import Console
from harness.deadline import wait_for
from harness.errors import HarnessError, HostError
from harness.setup import plan
from harness.setup import shell as shell_module
from harness.setup.lock import locked
from harness.setup.shell import Shell
from harness.setup.step import Step

DEAF = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: None)
pathlib.Path(sys.argv[1]).touch()
while True:
    signal.pause()
"""

ONE_SET_UP = """
import sys
from pathlib import Path
from harness.setup.lock import locked
from harness.setup.shell import Shell
home = Path(sys.argv[1])
with locked(home, print) as lock:
    Shell(home, kept_open=lock).run("x", ["sh", "-c", sys.argv[2]], cwd=home)
"""


def make(name: str, install: Callable[[Shell], None], *after: str, ready: bool = False) -> Step:
    return Step(name, name, lambda: ready, lambda: name, install, after)


def test_a_step_waits_for_those_it_names(tmp_path: Path, console: Console) -> None:
    order: list[str] = []
    steps = [
        make("c", lambda _: order.append("c"), "b"),
        make("b", lambda _: order.append("b"), "a"),
        make("a", lambda _: order.append("a")),
    ]
    plan.run(steps, Shell(tmp_path), console)
    assert order == ["a", "b", "c"]


def test_independent_steps_run_side_by_side(tmp_path: Path, console: Console) -> None:
    both = threading.Barrier(2, timeout=10)
    steps = [make("a", lambda _: void(both.wait())), make("b", lambda _: void(both.wait()))]
    plan.run(steps, Shell(tmp_path), console)
    assert set(console.timings) == {"setup.a", "setup.b"}


def test_a_ready_step_is_not_installed(tmp_path: Path, console: Console) -> None:
    def never(_: Shell) -> None:
        raise AssertionError

    plan.run([make("a", never, ready=True)], Shell(tmp_path), console)


def test_what_a_step_does_not_wait_for_in_this_plan_does_not_matter(tmp_path: Path, console: Console) -> None:
    plan.run([make("a", lambda _: None, "not-here")], Shell(tmp_path), console)


def test_the_first_failure_stops_the_others_and_is_raised(tmp_path: Path, console: Console) -> None:
    def fail(_: Shell) -> None:
        raise HostError("first")

    went_on = tmp_path / "went-on"
    words = ["sh", "-c", f"sleep 60; touch {went_on}"]
    steps = [make("slow", lambda shell: shell.run("slow", words)), make("bad", fail)]
    with pytest.raises(HostError, match="first"):
        plan.run(steps, Shell(tmp_path), console)
    assert not went_on.exists()


def test_an_installer_that_does_not_listen_is_ended(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell_module, "PATIENCE", 0.1)
    deaf = [sys.executable, "-c", DEAF, str(tmp_path / "deaf")]

    def fail(_: Shell) -> None:
        wait_for("the installer to begin", (tmp_path / "deaf").exists, 60.0)
        raise HostError("first")

    steps = [make("deaf", lambda shell: shell.run("deaf", deaf)), make("bad", fail)]
    with pytest.raises(HostError, match="first"):
        plan.run(steps, Shell(tmp_path), console)


def test_nothing_is_started_after_a_stop(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.stop()
    with pytest.raises(HarnessError, match="stopped"):
        shell.run("late", ["true"])


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="can't run no-such-program"):
        Shell(tmp_path).run("x", ["no-such-program"])


def killed_while(tmp_path: Path, line: str) -> None:
    """Kill a set-up once its installer, the shell's ``line``, says ``begun``."""
    words = [sys.executable, "-c", ONE_SET_UP, str(tmp_path), f"echo $$ > pid; {line}"]
    killed = subprocess.Popen(words, cwd=Path(__file__).parents[3])
    log = tmp_path / "setup-x.log"
    wait_for("the installer to begin", lambda: log.exists() and "\nbegun" in log.read_text(), 60)
    killed.send_signal(signal.SIGKILL)
    killed.wait()


def test_the_installer_of_a_killed_set_up_ends_with_it(tmp_path: Path) -> None:
    killed_while(tmp_path, "echo begun; exec sleep 600")
    with locked(tmp_path, lambda _: None, patience=60):
        assert process.started(int((tmp_path / "pid").read_text())) == ""


def test_what_an_installer_started_is_waited_for_by_name(tmp_path: Path) -> None:
    killed_while(tmp_path, "(echo begun; while ! [ -e told ]; do sleep 0.1; done; touch ended) & wait")
    waited: list[str] = []

    def waiting(who: str) -> None:
        waited.append(who)
        (tmp_path / "told").touch()

    with locked(tmp_path, waiting, patience=60):
        assert (tmp_path / "ended").exists()
    assert "sh (process " in waited[0]


def test_a_set_up_that_does_not_end_is_named(tmp_path: Path) -> None:
    with (
        locked(tmp_path, lambda _: None),
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                ONE_SET_UP.replace("locked(home, print)", "locked(home, print, 0)"),
                str(tmp_path),
                "",
            ],
            cwd=Path(__file__).parents[3],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as second,
    ):
        said, trace = second.communicate(timeout=60)
    assert f"(process {os.getpid()})" in said
    assert f"(process {os.getpid()}) still holds it after 0 s" in trace


def void(_: object) -> None:
    """Barrier.wait returns a number that a step must not."""
