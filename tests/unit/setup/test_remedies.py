"""What the set-up says to do is done, on a machine that lacks it: then the set-up works."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.console import Console
from harness.deadline import Deadline
from harness.errors import HostError
from harness.setup import aptlock, environment, launch, plan
from harness.setup.lock import locked
from harness.setup.machine import Machine
from harness.setup.prepare import prepare, steps
from tests.drill.tried import Told, failing
from tests.unit.setup.test_aptlock import LOCK, holding, never

PID = re.compile(r"process (\d+)")


def run(machine: Machine, console: Console) -> bool:
    return prepare(machine, steps(machine), console, install=True)


def refused(machine: Machine, console: Console, told: Told) -> HostError:
    """The set-up's error; its remedy has been heard."""
    return failing(told, lambda: run(machine, console), HostError)


@pytest.mark.tries("run the same command as root")
def test_as_root(fakes, console: Console, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    refused(fakes.machine, console, told)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert run(fakes.machine, console)


@pytest.mark.tries("run it on a Debian host or in a Debian virtual machine")
def test_on_debian(fakes, console: Console, told: Told) -> None:
    release = fakes.machine.root / "etc/os-release"
    debian = release.read_text()
    release.write_text('ID=fedora\nPRETTY_NAME="Fedora Linux 43"\n')
    refused(fakes.machine, console, told)
    release.write_text(debian)
    assert run(fakes.machine, console)


@pytest.mark.tries("upgrade the host, or use a newer one")
def test_on_a_newer_debian(fakes, console: Console, told: Told) -> None:
    release = fakes.machine.root / "etc/os-release"
    for version, new_enough in ((11, False), (12, True)):
        release.write_text(f'ID=debian\nVERSION_ID="{version}"\nPRETTY_NAME="Debian GNU/Linux {version}"\n')
        if new_enough:
            assert run(fakes.machine, console)
        else:
            refused(fakes.machine, console, told)


@pytest.mark.tries("free some space, or set ICEBOX_HOME to a directory on a larger disk")
@pytest.mark.parametrize("way", ["free some", "another home"])
def test_space(
    fakes, console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Told, way: str
) -> None:
    """Free space is a number here: of the directory ``small``, and of all else."""
    small = tmp_path / "small"
    small.mkdir()
    free = {str(small): 5_000_000, str(tmp_path): 10**11}
    usage = shutil.disk_usage("/")

    def told_free(path: Path) -> object:
        return usage._replace(free=free[str(small if small in (path, *path.parents) else tmp_path)])

    monkeypatch.setattr("shutil.disk_usage", told_free)
    machine = replace(fakes.machine, home=small / "home")
    assert refused(machine, console, told).where == str(machine.home)
    if way == "free some":
        free[str(small)] = 10**11
        assert run(machine, console)
    else:
        assert run(replace(machine, home=tmp_path / "large"), console)


@pytest.mark.tries("let it end, or end it, then run the same command again")
@pytest.mark.parametrize("way", ["let it end", "end it"])
def test_another_program_that_installs(tmp_path: Path, told: Told, way: str) -> None:
    with holding(tmp_path) as other:
        error = failing(told, lambda: aptlock.wait(tmp_path, lambda _: None, Deadline(0), never), HostError)
        if way == "end it":
            [named] = PID.findall(error.why)
            os.kill(int(named), signal.SIGTERM)
        else:
            assert other.stdin is not None
            other.stdin.write("\n")
            other.stdin.flush()
        other.wait(60)
        aptlock.wait(tmp_path, pytest.fail, Deadline(0), never)
    assert (tmp_path / LOCK).exists()


@pytest.mark.tries("let it end, or end it, then run the same command again")
def test_another_set_up(tmp_path: Path, told: Told) -> None:
    words = [sys.executable, "-c", HOLD_SET_UP, str(tmp_path)]
    checkout = Path(__file__).parents[3]
    with subprocess.Popen(words, cwd=checkout, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HostError) as caught, locked(tmp_path, lambda _: None, 0):
            pass
        told(caught.value)
        [named] = PID.findall(caught.value.why)
        os.kill(int(named), signal.SIGTERM)
        other.wait(60)
    with locked(tmp_path, pytest.fail, 0):
        pass


HOLD_SET_UP = """
import sys, time
from pathlib import Path
from harness.setup.lock import locked

with locked(Path(sys.argv[1]), print):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.tries("free some space and run the same command again", "it goes on where it stopped")
def test_a_disk_that_ran_full(fakes, console: Console, told: Told) -> None:
    fakes.fail("node", "npm error ENOSPC: no space left on device")
    refused(fakes.machine, console, told)
    done = {step.name for step in steps(fakes.machine)} - {
        step.name for step in plan.lacking(steps(fakes.machine))
    }
    assert "debian" in done
    fakes.mend("node")
    fakes.forget()
    assert run(fakes.machine, console)
    assert fakes.calls("apt-get") == [], "what was done before is done again"


@pytest.mark.tries("apt-get install --reinstall python3-venv python3-pip-whl")
def test_debians_pip(fakes, console: Console, told: Told) -> None:
    run(fakes.machine, console)
    for wheel in (fakes.machine.root / "usr/share/python-wheels").glob("pip-*"):
        wheel.unlink()
    shutil.rmtree(environment.interpreter(fakes.machine).parents[1])
    typed = told(refused(fakes.machine, console, told))
    subprocess.run(shlex.split(typed), check=True)
    assert run(fakes.machine, console)


@pytest.mark.tries("run icebox as root, or set ICEBOX_HOME to a directory of yours")
def test_a_home_of_ones_own(fakes, console: Console, tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").touch()
    refused(replace(fakes.machine, home=tmp_path / "file" / "home"), console, told)
    assert run(replace(fakes.machine, home=tmp_path / "mine"), console)


@pytest.mark.tries("./icebox setup prepares it")
def test_a_machine_that_is_not_prepared(fakes, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    became: list[object] = []
    monkeypatch.setattr("os.execve", lambda *call: became.extend(call) or 0)
    monkeypatch.setattr("harness.setup.command.Machine", lambda: fakes.machine)
    with pytest.raises(HostError) as caught:
        launch.launch(["status"], fakes.machine)
    typed = re.search(r"\./icebox (\S+)", told(caught.value))
    assert typed is not None
    assert launch.launch([typed[1]], fakes.machine) == 0
    launch.launch(["status"], fakes.machine)
    assert became
