"""A pytest session that ends before its time: its box goes with it, or with the next start."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.deadline import wait_for
from tests.drill.tried import Told
from tests.integration.leaks.conftest import Scene
from tests.integration.leaks.sandbox import PATIENCE, ROOT, Sandbox, children

CONFTEST = """
pytest_plugins = ["fixtures.checks", "fixtures.evidence", "fixtures.box", "fixtures.nodes"]
"""
CHECKS = """
import os, signal, time
from pathlib import Path
import pytest

SCRATCH = Path(os.environ["TMPDIR"])

def test_ready(ce):
    assert ce.run("true").ok

def test_lasting(ce):
    (SCRATCH / "lasting").touch()
    end = time.monotonic() + 300
    while (SCRATCH / "last").exists() and time.monotonic() < end:
        time.sleep(0.05)

def test_dying(ce, worker):
    if os.environ.get("DIE"):
        os.kill(os.getpid(), signal.SIGKILL)

def test_failing(ce):
    assert not os.environ.get("FAIL")

@pytest.mark.alone
def test_alone(ce):
    (SCRATCH / "alone").touch()
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(CHECKS)
    return tmp_path


def words(suite: Path, *more: str) -> list[str]:
    options = ["-n2", "--part=shared", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    return [
        sys.executable,
        "-m",
        "pytest",
        *options,
        f"--rootdir={suite}",
        f"--basetemp={suite}/tmp",
        *more,
        str(suite),
    ]


def session(scene: Scene, suite: Path, *more: str, **env: str) -> subprocess.Popen[str]:
    return scene.sandbox.popen(words(suite, *more), env=env)


def tidy_up(sandbox: Sandbox) -> None:
    for name in ("lasting", "last", "alone"):
        (sandbox.scratch / name).unlink(missing_ok=True)


def test_whole_session(scene: Scene, suite: Path) -> None:
    child = session(scene, suite)
    output, _ = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0, output
    assert (scene.sandbox.scratch / "alone").exists()
    tidy_up(scene.sandbox)


def test_dead_worker(scene: Scene, suite: Path) -> None:
    """The others go on, the check that wants to be alone too, and the controller takes the box down."""
    child = session(scene, suite, DIE="1")
    output, _ = child.communicate(timeout=PATIENCE)
    assert child.returncode == 1, output
    assert "1 failed, 4 passed" in output
    assert (scene.sandbox.scratch / "alone").exists()
    tidy_up(scene.sandbox)


def test_exit_first(scene: Scene, suite: Path) -> None:
    child = session(scene, suite, "-n1", "-x", FAIL="1")
    output, _ = child.communicate(timeout=PATIENCE)
    assert child.returncode in (1, 2), output
    assert not (scene.sandbox.scratch / "alone").exists()
    tidy_up(scene.sandbox)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["coming up", "checking"])
def test_controller_ends(scene: Scene, suite: Path, moment: str, number: signal.Signals) -> None:
    sandbox = scene.sandbox
    (sandbox.scratch / "last").touch()
    child = session(scene, suite, "-n1")
    controller = wait_for("pytest to start", lambda: children(child.pid), PATIENCE)[0]
    if moment == "coming up":
        wait_for("a box to come up", lambda: any("holder" in text for text in _journals(sandbox)), PATIENCE)
    else:
        wait_for("a check to run", (sandbox.scratch / "lasting").exists, PATIENCE)
    os.kill(controller, number)
    output, _ = child.communicate(timeout=PATIENCE)
    tidy_up(sandbox)
    # On a busy machine a box may take longer to stop coming up than Ctrl-C waits, and pytest says so.
    if number is signal.SIGKILL or "did not stop in time" in output:
        cleaned = sandbox.icebox("ledger", "clean")
        assert cleaned.code == 0, output + cleaned.output


@pytest.mark.tries("validate removes what is left of it, and so does ./icebox ledger clean")
def test_a_box_that_hangs_while_it_comes_up(scene: Scene, suite: Path, told: Told) -> None:
    """Ctrl-C waits for it no longer than a person does; the fixture ``scene`` sees that nothing is left."""
    before = {program: running(scene.sandbox, program) for program in ("libvirtd", "named")}

    def new(program: str) -> set[int]:
        return running(scene.sandbox, program) - before[program]

    child = session(scene, suite, "-n1")
    controller = wait_for("pytest to start", lambda: children(child.pid), PATIENCE)[0]

    def stands_still() -> list[int]:
        return [pid for pid in new("libvirtd") if _stopped(pid)]

    wait_for("a libvirtd", stands_still, PATIENCE)
    # Behind it nothing looks for Ctrl-C before libvirtd has answered.
    wait_for("the name service", lambda: new("named"), PATIENCE)
    os.kill(controller, signal.SIGINT)
    output, _ = child.communicate(timeout=PATIENCE)
    told(remedy_in(output))
    cleaned = scene.sandbox.icebox("ledger", "clean")
    assert cleaned.code == 0, output + cleaned.output


def _stopped(pid: int) -> bool:
    """Have it stand still; one that has ended was on its way to be another program."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    return True


def running(sandbox: Sandbox, program: str) -> set[int]:
    return set(sandbox.processes(lambda words: "".join(words[:1]).rpartition("/")[2] == program))


def remedy_in(output: str) -> str:
    """What is to be done, of the last error."""
    said = re.findall(r"^  do:  (.*)", output, re.MULTILINE)
    assert said, output
    return str(said[-1])


def _journals(sandbox: Sandbox) -> list[str]:
    return [path.read_text() for path in (sandbox.home / "ledger").glob("run*.jsonl")]
