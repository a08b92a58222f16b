"""What the launcher takes for itself, and what it hands on."""

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.console import Console
from harness.errors import HostError, InputError
from harness.setup import debian, environment, launch
from harness.setup.command import NO_INSTALL
from harness.setup.machine import CHECKOUT, Machine
from harness.setup.prepare import prepare


@pytest.mark.parametrize(
    ("given", "left", "install"),
    [
        ([], [], True),
        (["validate"], ["validate"], True),
        (["validate", "--no-install", "--json"], ["validate", "--json"], False),
        (["--no-install", "validate"], ["validate"], False),
        (["test", "--", "--no-install"], ["test", "--", "--no-install"], True),
        (["ssh", "ce", "x", "--no-install"], ["ssh", "ce", "x", "--no-install"], True),
        (["--no-install", "ssh", "ce", "--no-install"], ["ssh", "ce", "--no-install"], False),
    ],
)
def test_no_install_is_ours_but_not_that_of_a_remote_command(
    given: list[str], left: list[str], install: bool
) -> None:
    assert launch.split(given) == (left, install)


def test_the_harness_runs_in_the_prepared_environment(fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[object] = []
    monkeypatch.setattr("os.execve", lambda *call: became.extend(call) or 0)
    monkeypatch.setenv("PYTHONPATH", "/of/the/caller")
    _prepared(fakes.machine)
    monkeypatch.delenv(NO_INSTALL, raising=False)
    launch.launch(["status", "--json"], fakes.machine)
    program, argv, env = became
    assert program == environment.interpreter(fakes.machine)
    assert argv[1:] == ["-P", "-m", "harness.cli", "status", "--json"]
    assert env["PYTHONPATH"] == str(CHECKOUT)
    assert NO_INSTALL not in env


def _prepared(machine: Machine) -> None:
    """What the harness needs to run; by the fakes."""
    prepare(machine, [debian.step(machine), *launch._to_run(machine)], Console(io.StringIO()), install=True)


LOOKING = [["status"], ["ledger"], ["ledger", "clean"], ["stop"], ["report"], ["ssh", "ce"], ["move"], ["no"]]


@pytest.mark.parametrize("words", LOOKING)
def test_what_only_looks_or_tidies_up_installs_nothing(fakes, words: list[str]) -> None:
    with pytest.raises(HostError) as caught:
        launch.launch(words, fakes.machine)
    assert "./icebox setup prepares it" in caught.value.remedy
    assert fakes.calls() == []
    assert not fakes.machine.home.exists()


@pytest.mark.parametrize(
    "words", [["start", "--help"], ["validate", "-k", "x", "-h"], ["-h"], ["ssh", "-h"], []]
)
def test_help_installs_nothing(fakes, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert launch.launch(words, fakes.machine) == 0
    assert "usage: icebox" in capsys.readouterr().out
    assert fakes.calls() == []


def test_the_version_needs_no_machine(fakes, capsys: pytest.CaptureFixture[str]) -> None:
    assert launch.launch(["--version"], fakes.machine) == 0
    assert re.fullmatch(r"icebox [0-9.]+\n", capsys.readouterr().out)


@pytest.mark.parametrize("command", ["start", "validate"])
@pytest.mark.parametrize(
    ("option", "what"),
    [("--site={tmp}/none", "no such site file"), ("--box=A", "can't be the name of a box")],
)
def test_what_is_given_is_read_before_anything_is_installed(
    fakes, tmp_path: Path, command: str, option: str, what: str
) -> None:
    with pytest.raises(InputError) as caught:
        launch.launch([command, option.format(tmp=tmp_path)], fakes.machine)
    assert what in caught.value.what
    assert fakes.calls() == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["start", "--fast"], "unrecognized arguments: --fast"),
        (["validate", "-n", "many"], "'many' is not a number from 0 to 64"),
        (["validate", "--keep", "it"], "invalid choice: 'it'"),
        (["build", "now"], "unrecognized arguments: now"),
    ],
)
def test_words_are_judged_before_anything_is_installed(
    fakes, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        launch.launch(words, fakes.machine)
    assert caught.value.code == 2
    assert why in capsys.readouterr().err
    assert fakes.calls() == []


def test_so_are_the_names_of_tests(fakes) -> None:
    with pytest.raises(InputError, match="'unti' is no environment of the tests"):
        launch.launch(["test", "-e", "lint,unti", "--", "-e", "x"], fakes.machine)
    assert fakes.calls() == []


PYTHONS = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONSAFEPATH", "PYTHONUSERBASE", "PYTHONINSPECT")


def test_the_callers_python_settings_reach_no_python_of_ours(tmp_path: Path) -> None:
    """Neither the launcher's, whose modules would be others, nor those that it starts."""
    for name in ("json", "harness", "argparse", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(77)\n")
    env = {**os.environ, **dict.fromkeys(PYTHONS, str(tmp_path)), "ICEBOX_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [CHECKOUT / "icebox", "status"], capture_output=True, text=True, env=env, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "this machine is not prepared" in done.stderr


def test_forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PYTHONS:
        monkeypatch.setenv(name, "x")
    launch.forget_python()
    assert [name for name in os.environ if name.startswith("PYTHON")] == []


def test_a_refusal_ends_with_2(fakes, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("harness.setup.launch.Machine", lambda: fakes.machine)
    assert launch.main(["validate", "--no-install"]) == 2
    assert "without --no-install" in capsys.readouterr().err
    assert fakes.calls() == []


def test_help_needs_no_machine(fakes, capsys) -> None:
    assert launch.launch(["--help"], fakes.machine) == 0
    assert "validate" in capsys.readouterr().out
    assert fakes.calls() == []


def test_an_interruption_says_that_it_goes_on(fakes, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.setup.launch.launch", interrupt)
    assert launch.main(["validate"]) == 130
    assert "goes on from here" in capsys.readouterr().err


def _in_a_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    words = [sys.executable, "-c", code, *arguments]
    return subprocess.run(words, capture_output=True, text=True, env=env, timeout=60, check=False)


def test_an_interruption_while_the_launcher_is_read_is_one_line() -> None:
    code = f"""
import os, runpy, signal, sys
class Meanwhile:
    def find_spec(name, *_):
        if name == "harness.setup.launch":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Meanwhile)
sys.argv = ["icebox", "status"]
runpy.run_path({str(CHECKOUT / "__main__.py")!r}, run_name="__main__")
"""
    done = _in_a_process(code)
    assert done.returncode == 130
    assert done.stderr == "icebox: interrupted; run the same command again and it goes on from here\n"


def test_an_interruption_before_the_harness_is_read_is_one_line() -> None:
    code = """
import os, signal, sys
from harness import interrupt
interrupt.hold_back()
os.kill(os.getpid(), signal.SIGINT)
os.execv(sys.executable, [sys.executable, "-P", "-m", "harness.cli", "status"])
"""
    done = _in_a_process(code)
    assert done.returncode == 130
    assert done.stderr == "icebox: stopped; of a box that was just coming up nothing is left\n"


def test_signals_wait_while_the_harness_is_read(fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked: list[object] = []
    monkeypatch.setattr("os.execve", lambda *_: blocked.extend(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
    _prepared(fakes.machine)
    launch.launch(["status"], fakes.machine)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= set(blocked)


def test_an_old_python_is_told_so(tmp_path: Path) -> None:
    code = (
        "import sys, runpy; sys.version_info = (3, 9, 2); sys.argv = ['icebox']\n"
        f"runpy.run_path({str(CHECKOUT / '__main__.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Python 3.11 or newer" in done.stderr
    assert "3.9" in done.stderr


def test_the_launcher_and_the_set_up_need_the_standard_library_only() -> None:
    names = [f"harness.setup.{file.stem}" for file in (CHECKOUT / "harness/setup").glob("*.py")]
    code = f"import {', '.join(names)}"
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    # -S: no site-packages
    subprocess.run([sys.executable, "-S", "-c", code], env=env, check=True)
