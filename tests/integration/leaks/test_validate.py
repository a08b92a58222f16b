"""validate that is ended while something hangs: it says what it knows, and nothing of its box is left."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

from harness import process
from harness.deadline import wait_for
from harness.report.rundir import RunDir
from harness.report.verdict import Outcome, Verdict
from harness.state import home
from tests.drill.tried import Told
from tests.integration.leaks.conftest import Scene
from tests.integration.leaks.sandbox import PATIENCE, PREFIX, Sandbox, below, children, command_line
from tests.integration.leaks.test_pytest import remedy_in

BOX = f"{PREFIX}val"
LASTING = "catalogue"
"""Words of checks that go on for a while."""


def hung(sandbox: Sandbox) -> list[int]:
    """The box's libvirtd and all processes of its CE."""
    controllers = sandbox.processes(lambda words: f"{BOX}.xencenode" in words)
    return sandbox.libvirtd(BOX) + [pid for each in controllers for pid in below(each)]


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """Let these hang."""
    assert len(pids) > 3
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield


class Run:
    """A validate in the sandbox."""

    def __init__(self, sandbox: Sandbox, tmp_path: Path) -> None:
        self.sandbox, self.dir = sandbox, tmp_path / "run"
        words = ["validate", "--box", BOX, "-k", LASTING, "-n", "2", "--run-dir", str(self.dir)]
        self.child = sandbox.popen([sys.executable, "-m", "harness.cli", *words])
        self.said = ""

    def until(self, words: str) -> Self:
        """This one, once it has said that."""
        assert self.child.stdout
        while words not in self.said:
            line = self.child.stdout.readline()
            assert line, self.said
            self.said += line
        return self

    @property
    def validate(self) -> int:
        (pid,) = children(self.child.pid)
        return pid

    def checks(self) -> list[int]:
        """pytest's processes: below validate, or the sandbox's first process once that has been killed.

        In the order in which they began, which that of their numbers is not where these began anew.
        """
        pids = {*below(self.child.pid), *self.sandbox.processes(lambda words: True)}
        ours = [pid for pid in pids if {"tests/acceptance", f"--box={BOX}"} <= set(command_line(pid))]
        return sorted(ours, key=lambda pid: int(process.started(pid) or "0"))

    def signal(self, number: int) -> None:
        os.kill(self.validate, number)

    def left_nothing(self) -> bool:
        return self.sandbox.icebox("ledger", "--box", BOX).output.startswith("The ledger is empty")

    def end(self) -> str:
        try:
            output, _ = self.child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            pytest.fail(f"validate did not end: {self.said}")
        return self.said + output


@pytest.fixture
def begun(scene: Scene, tmp_path: Path) -> Iterator[Run]:
    """One that has just been typed."""
    # What ./icebox setup prepared: sandboxes have no network.
    links = {scene.sandbox.home / name: home() / name for name in ("allure", "stamps")}
    for link, prepared in links.items():
        link.symlink_to(prepared)
    made = Run(scene.sandbox, tmp_path)
    yield made
    made.child.kill()
    made.child.communicate()
    for link in links:
        link.unlink()
    # pytest's own directory for temporary files, which every pytest keeps for the next.
    shutil.rmtree(scene.sandbox.scratch / "pytest-of-root", ignore_errors=True)


@pytest.fixture
def run(begun: Run) -> Run:
    """One whose box has come up."""
    return begun.until("✓ 5 nodes")


@pytest.mark.tries("validate removes what is left of it, and so does ./icebox ledger clean")
def test_ctrl_c_while_a_box_that_hangs_comes_up(begun: Run, told: Told) -> None:
    for pid in wait_for("the box's libvirtd", lambda: hung(begun.sandbox), PATIENCE):
        # A node that boots begins and ends programs all the time.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    begun.until("5 nodes").signal(signal.SIGINT)
    output = begun.end()
    assert begun.child.returncode == 3, output
    told(remedy_in(output))
    assert begun.left_nothing()


def test_ctrl_c_while_a_node_and_libvirtd_hang(run: Run) -> None:
    with stopped(hung(run.sandbox)):
        run.signal(signal.SIGINT)
        run.signal(signal.SIGINT)
        output = run.end()
    assert run.child.returncode == 3, output
    verdict = Verdict.from_json(RunDir(run.dir).verdict_json.read_text())
    assert verdict.verdict == "unknown"
    assert "The run was interrupted." in verdict.trouble
    assert "UNKNOWN" in output
    assert run.left_nothing()


def test_a_validate_that_is_killed_takes_its_checks_along(run: Run) -> None:
    assert run.checks()
    with stopped(hung(run.sandbox)):
        run.signal(signal.SIGKILL)
        for words in (["ledger", "--box", BOX], ["ledger", "clean"]):
            told = run.sandbox.icebox(*words).output
            # Who takes it down may be done with the box, and not yet gone itself.
            known = ("takes it down; what it worked for was killed", "Nothing was left of any dead box")
            assert any(words in told for words in known) or run.left_nothing(), told
        wait_for("the checks to end", lambda: not run.checks(), PATIENCE)
    wait_for("the box to be gone", run.left_nothing, PATIENCE)


@pytest.mark.tries(
    "Run `./icebox validate` again. If it ends so twice, the harness needs mending, not the box."
)
def test_workers_die_with_their_controller(run: Run, tmp_path: Path, told: Told) -> None:
    """They may wait for what never comes, and would not notice by themselves."""
    controller = wait_for("the checks", run.checks, PATIENCE)[0]
    workers = wait_for("workers", lambda: below(controller), PATIENCE)
    with stopped(hung(run.sandbox)):
        os.kill(controller, signal.SIGKILL)
        wait_for("the workers to be gone", lambda: not [pid for pid in workers if alive(pid)], PATIENCE)
        output = run.end()
    assert run.child.returncode == 3, output
    told(remedy_in(output))
    again = RunDir(tmp_path / "again")
    run.sandbox.icebox("validate", "--box", BOX, "-k", "test_login", "--run-dir", str(again.path))
    verdict = Verdict.from_json(again.verdict_json.read_text())
    assert {check.outcome for check in verdict.checks} == {Outcome.PASSED}
    assert "Only a part of the checks" in verdict.trouble
    assert run.sandbox.icebox("ledger", "clean").code == 0


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
