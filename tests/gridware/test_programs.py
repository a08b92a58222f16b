"""Every command is there, and has our modules, whatever a student or a job has in its environment."""

import os
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

SCRIPTS = tomllib.loads(Path("gridware/pyproject.toml").read_text())["project"]["scripts"]
COMMANDS = [EntryPoint(name, value, "console_scripts") for name, value in SCRIPTS.items()]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_it_is_there(command: EntryPoint) -> None:
    assert callable(command.load())


def test_every_command_is_a_part_s() -> None:
    parts = [tomllib.loads(path.read_text()) for path in Path("box/parts").glob("*/part.toml")]
    named = {each for part in parts for names in part.get("commands", {}).values() for each in names}
    missing = [name for name in SCRIPTS if not any(fnmatchcase(name, pattern) for pattern in named)]
    assert missing == [], "no node has it: name it in a part.toml, as docs/contributor.md says"


def test_a_students_modules_are_not_ours(tmp_path: Path) -> None:
    for name in ("argparse", "gridware", "os"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(77)\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "os.py")}
    code = "import sys; sys.argv[1:] = ['--help']; from gridware.lcginfo.command import main; main()"
    done = subprocess.run(
        [sys.executable, "-ISc", code], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode != 77
    assert "lcg-info" in done.stdout + done.stderr


@pytest.mark.parametrize(("code", "status"), [(0, 0), (3, 3), (255, 255), (256 + 7, 7)])
def test_who_leaves_has_said_everything(code: int, status: int) -> None:
    words = f"print('x' * 100_000); print('y', end='', file=sys.stderr); leave({code})"
    ran = subprocess.run(
        [sys.executable, "-ISc", f"import sys; from gridware.program import leave; {words}"],
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (status, "x" * 100_000 + "\n", "y")


def test_who_leaves_does_not_wait_for_its_modules() -> None:
    words = "import atexit; atexit.register(print, 'late'); from gridware.program import leave; leave(0)"
    assert subprocess.run([sys.executable, "-ISc", words], capture_output=True).stdout == b""


def test_what_can_t_be_written_is_told_before_the_end() -> None:
    words = "from gridware.program import leave; print('x'); leave(0)"
    with open("/dev/full", "w") as full:
        ran = subprocess.run([sys.executable, "-ISc", words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 120
    assert "No space left" in ran.stderr


def test_streams_that_were_closed_are_no_error() -> None:
    words = f"exec {sys.executable} -ISc 'from gridware.program import leave; leave(5)' >&- 2>&-"
    assert subprocess.run(["sh", "-c", words]).returncode == 5


def test_the_end_of_a_pipe_is_no_error() -> None:
    code = "from gridware.program import piped; piped(lambda words: print('x' * 1_000_000))()"
    reading, writing = os.pipe()
    with subprocess.Popen([sys.executable, "-ISc", code], stdout=writing, stderr=subprocess.PIPE) as ran:
        os.close(writing)
        os.close(reading)
        assert ran.communicate()[1] == b""
