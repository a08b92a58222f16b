"""The command line: help for each command, exit codes, one clear error for a bad argument."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli, state
from harness.box import host
from harness.commands import box as box_commands
from harness.dom0 import preflight
from harness.errors import CheckFailed, ExitCode, HarnessError, HostError, InputError
from harness.ledger import Ledger
from harness.state import checkout

COMMANDS = ["build", "start", "stop", "status", "move", "ssh", "console", "validate", "report", "ledger"]
COMMANDS += ["suspend", "save", "resume", "snapshot", "revert", "snapshots"]


@pytest.fixture(autouse=True)
def unchanged_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.interrupt.as_keyboard", lambda: None)


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = cli.main(list(words))
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capfd.readouterr()
    return code, out, err


@pytest.mark.parametrize("command", COMMANDS)
def test_help(capfd: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = run(capfd, command, "--help")
    assert code == 0
    assert out.startswith(f"usage: icebox {command}")


def test_help_of_all(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capfd, "--help")
    assert code == 0
    for command in (*COMMANDS, "setup", "test"):
        assert f"    {command} " in out
    assert "0 go, 1 no-go, 2 bad input or bad host, 3 unknown" in out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["begin"],
        ["start", "--fast"],
        ["start", "extra"],
        ["move"],
        ["ssh"],
        ["console"],
        ["validate", "--keep", "sometimes"],
        ["ledger", "burn"],
        ["start", "--box"],
    ],
)
def test_bad_words(capfd: pytest.CaptureFixture[str], home: Path, words: list[str]) -> None:
    code, out, err = run(capfd, *words)
    assert (code, out) == (2, "")
    assert err.count("error:") == 1
    assert not list(home.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["start", "--fast"], "icebox start: error: unrecognized arguments: --fast"),
        (["stop", "extra"], "icebox stop: error: unrecognized arguments: extra"),
        (["report", "--run-dir", "x"], "icebox report: error: unrecognized arguments: --run-dir"),
        (["ledger", "clean", "--all"], "icebox ledger: error: unrecognized arguments: --all"),
        (
            ["validate", "-n", "-1"],
            "icebox validate: error: argument -n/--workers: '-1' is not a number from 0",
        ),
        (["validate", "-n", "99999"], "argument -n/--workers: '99999' is not a number from 0 to 64"),
        (["validate", "-n", "²"], "argument -n/--workers: '²' is not a number"),
        (["validate", "--run-dir", ""], "argument --run-dir: the name is empty"),
        (["start", "--site", ""], "argument --site: the name is empty"),
    ],
)
def test_usage_of_the_command_itself(
    capfd: pytest.CaptureFixture[str], home: Path, words: list[str], said: str
) -> None:
    code, _, err = run(capfd, *words)
    assert code == 2
    assert err.startswith(f"usage: icebox {words[0]} ")
    assert said in err
    assert not list(home.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["start", "--box", "No Box"], "'No Box' can't be the name of a box"),
        (["start", "--site", "nowhere.toml"], "there is no such site file"),
        (["validate", "--box", "../x"], "can't be the name of a box"),
        (["start", "--box", ""], "'' can't be the name of a box"),
        (["ledger", "clean", "--box", ""], "'' can't be the name of a box"),
        (["start", "--site", "."], ".: the site file is a directory"),
        (["validate", "--site", "/dev/null"], "the site file is no ordinary file"),
        (["stop", "--box", "nobody"], "there is no box 'nobody'"),
        (["status", "--box", "X"], "can't be the name of a box"),
        (["move", "--address", "here"], "'here' is not an IPv4 address"),
        (["ledger", "clean", "--box", "X"], "can't be the name of a box"),
        (["report", "nowhere"], "there is no such verdict"),
    ],
)
def test_bad_arguments(capfd: pytest.CaptureFixture[str], home: Path, words: list[str], said: str) -> None:
    code, out, err = run(capfd, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("icebox: ") == 1
    assert "Traceback" not in err
    assert not list(home.iterdir())


def test_a_box_that_is_not_up(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    for words in (["ssh", "ui"], ["move", "--address", "198.51.100.7"], ["console", "ui"]):
        code, _, err = run(capfd, *words)
        assert code == ExitCode.BAD_INPUT
        assert "there is no box 'icebox'" in err
        assert "./icebox start makes it" in err
    Ledger("school").intend("kept", "school")
    for words in (["ssh", "--box", "school", "ui"], ["console", "--box", "school", "ui"]):
        code, _, err = run(capfd, *words)
        assert code == ExitCode.BAD_INPUT
        assert "the box 'school' is not up" in err
        assert "./icebox start --box school" in err


def test_status(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    assert run(capfd, "status")[:2] == (1, "There is no box 'icebox'.\n")
    ledger = Ledger("school")
    ledger.intend("data", "/nowhere")
    ledger.intend("kept", "school")
    said = "The box 'school' is down. ./icebox start --box school brings it back.\n"
    assert run(capfd, "status", "--box", "school")[:2] == (1, said)
    ledger.intend("holder", "icebox-school.0123456789abcdef", box="school")
    code, out, _ = run(capfd, "status", "--box", "school", "--json")
    assert (code, json.loads(out)) == (1, {"box": "school", "state": "dead", "why": "its dom0 died"})
    assert "known are school" in run(capfd, "status")[1]


def test_ledger(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    assert "The ledger is empty" in run(capfd, "ledger")[1]
    run_directory = home / "run"
    run_directory.mkdir()
    ledger = Ledger("school")
    ledger.intend("directory", str(run_directory))
    code, out, _ = run(capfd, "ledger", "list", "--json")
    assert (code, json.loads(out)) == (0, {"school": [{"kind": "directory", "key": str(run_directory)}]})
    assert "school (dead" in run(capfd, "ledger")[1]
    assert json.loads(run(capfd, "ledger", "clean", "--json")[1]) == {"cleaned": ["school"], "tidying": {}}
    assert not run_directory.exists()
    assert run(capfd, "ledger", "clean")[1] == "Nothing was left of any dead box.\n"
    assert not list((home / "ledger").iterdir())


def test_a_box_of_a_later_icebox_is_left_alone(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    for box in ("later", "zombie"):
        (home / box).mkdir()
        Ledger(box).intend("directory", str(home / box))
    journal = Ledger("later").path
    with journal.open("a") as file:
        file.write('{"version": 2, "op": "intend", "kind": "xen", "key": "later"}\n')
    before = journal.read_bytes()
    assert "later (made by a later icebox, and left to it)\n" in run(capfd, "ledger")[1]
    assert json.loads(run(capfd, "ledger", "--json")[1])["later"] is None
    for line in (
        "status --box later",
        "stop --box later",
        "stop --box later --destroy",
        "ssh --box later ui",
        "ledger clean",
    ):
        code, _, err = run(capfd, *line.split())
        assert code == ExitCode.BAD_INPUT
        assert "'later' was made by a later icebox; nothing of it was touched" in err
    assert journal.read_bytes() == before
    assert (home / "later").exists()
    assert not (home / "zombie").exists(), "others are cleaned all the same"


@pytest.mark.parametrize("said", ["2\n", "1.1", "xen"])
def test_a_state_directory_of_a_later_icebox(
    capfd: pytest.CaptureFixture[str], home: Path, said: str
) -> None:
    (home / "layout").write_text(said)
    for line in ("status", "ledger", "ledger clean", "start", "build"):
        code, _, err = run(capfd, *line.split())
        assert code == ExitCode.BAD_INPUT
        assert f"{home}: the state directory was made by a later icebox; nothing in it was touched" in err
        assert "ICEBOX_HOME" in err
    assert list(home.iterdir()) == [home / "layout"]


@pytest.mark.parametrize("said", ["", "1\n"])
def test_a_state_directory_of_ours(home: Path, said: str) -> None:
    (home / "layout").write_text(said)
    state.make_home()
    assert state.home() == home


def test_a_new_state_directory_says_its_layout(home: Path) -> None:
    state.make_home()
    assert (home / "layout").read_text() == "1\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("a"), 2),
        (HostError("a"), 2),
        (HarnessError("a"), 3),
        (CheckFailed("a"), 1),
        (PermissionError(13, "Permission denied", "/var/lib/icebox"), 2),
        (OSError(5, "Input/output error", "/dev/sda"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(box_commands, "run_status", fail)
    found, out, err = run(capfd, "status")
    assert (found, out) == (code, "")
    assert err.startswith("icebox: ")


@pytest.fixture
def exhausted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """A sound host on which no inotify instance is left."""
    limit = tmp_path / "max_user_instances"
    limit.write_text("0\n")
    monkeypatch.setattr(preflight, "INOTIFY", limit)
    monkeypatch.setattr(preflight, "_are_to_be_had", lambda _instances: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(preflight, "_check_programs", lambda: None)
    monkeypatch.setattr(preflight.cgroup, "check_host", lambda: None)


@pytest.mark.usefixtures("exhausted")
def test_nodes_that_are_up_need_nothing_more_of_the_host() -> None:
    with pytest.raises(HostError, match="too few inotify instances"):
        host.check(5)
    host.check(0)


@pytest.mark.usefixtures("exhausted")
@pytest.mark.parametrize(("up", "said"), [(True, "the image is asked for"), (False, "too few inotify")])
def test_validate_asks_for_room_only_if_it_brings_nodes_up(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, up: bool, said: str
) -> None:
    def asked(_: object) -> None:
        raise HarnessError("the image is asked for")

    monkeypatch.setattr("harness.commands.validate.is_up", lambda *_: up)
    monkeypatch.setattr("harness.commands.validate.going_on", lambda _: SimpleNamespace(close=int))
    monkeypatch.setattr("harness.commands.validate.build.ensure", asked)
    _, _, err = run(capfd, "validate")
    assert said in err


def test_as_a_program(tmp_path: Path) -> None:
    """What a shell sees."""
    words = [sys.executable, "-m", "harness.cli", "stop", "--box", "nobody"]
    environment = {**os.environ, "ICEBOX_HOME": str(tmp_path), "PYTHONPATH": str(checkout())}
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no box 'nobody'" in done.stderr
