"""qsub against recorded Slurm, and against fakes that refuse."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridware.pbs import qsub
from tests.gridware.pbs.conftest import SERVER, Fake


@pytest.fixture
def _student(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is a pool account, whoever runs the tests."""
    monkeypatch.setattr(os, "getuid", lambda: 20001)
    entry = pwd.struct_passwd(("gilda001", "x", 20001, 2000, "", "/home/gilda001", "/bin/bash"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: entry)


@pytest.fixture
def _script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A script on standard input."""
    path = tmp_path / "stdin"
    path.write_text("#PBS -q short\nhostname\n")
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        yield


@pytest.mark.usefixtures("_student", "_script")
def test_qsub_prints_the_id(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    calls = fake("sbatch", out="12\n")
    assert qsub.main(["-N", "name"]) == 0
    assert capsys.readouterr().out == f"12.{SERVER}\n"
    assert {"--partition=short", "--job-name=name", "--ignore-pbs"} <= set(calls.read_text().splitlines())
    assert calls.with_name("sbatch.calls.stdin").read_text().endswith("#PBS -q short\nhostname\n")


@pytest.mark.usefixtures("_student", "_script")
@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (
            "sbatch: error: Invalid partition name specified",
            170,
            "submit error (Unknown queue MSG=cannot locate queue)",
        ),
        (
            "sbatch: error: Requested time limit is invalid (missing or exceeds some limit)",
            188,
            (
                "submit error (Job exceeds queue resource limits "
                "MSG=cannot satisfy queue max walltime requirement)"
            ),
        ),
        ("sbatch: error: Something new", 162, "submit error (System error MSG=Something new)"),
        (
            "sbatch: error: Unable to contact slurm controller (connect failure)",
            111,
            f"cannot connect to server {SERVER} (errno=111) Connection refused",
        ),
    ],
)
def test_qsub_refused(
    fake: Fake, capsys: pytest.CaptureFixture[str], answer: str, code: int, text: str
) -> None:
    fake("sbatch", err=answer, code=1)
    assert qsub.main([]) == code
    assert capsys.readouterr().err == f"qsub: {text}\n"


@pytest.mark.usefixtures("_script")
def test_qsub_refuses_root(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert qsub.main([]) == 175
    assert "Bad UID for job execution MSG=root user root not allowed" in capsys.readouterr().err


def test_qsub_refuses_windows_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "job.sh"
    path.write_bytes(b"#!/bin/sh\n#PBS -l walltime=10\r\nhostname\n")
    assert qsub.main([str(path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"qsub: script is written in DOS/Windows text format: line 2 of {path} ends with")
    assert said.endswith(f"convert it with: sed -i 's/\\r$//' {path}\n")


@pytest.mark.usefixtures("_student", "_script")
def test_qsub_warns_of_what_is_not_done(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake("sbatch", out="12\n")
    assert qsub.main(["-m", "abe", "-M", "me@x", "-l", "software=matlab"]) == 0
    warned = capsys.readouterr().err
    assert "qsub: warning: -m and -M: no mail will come, this site has no mailer\n" in warned
    assert "qsub: warning: -l software is ignored: the scheduler does nothing with it\n" in warned
    assert qsub.main(["-m", "n"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("_student")
def test_qsub_interactive_needs_a_terminal(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake("srun")
    assert qsub.main(["-I"]) == 1
    assert "must be a terminal" in capsys.readouterr().err


@pytest.mark.usefixtures("_student", "_script")
def test_qsub_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert qsub.main(["-q", "short@other"]) == 160
    assert "cannot connect to server other (errno=15008)" in capsys.readouterr().err


def test_qsub_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert qsub.main(["-Q"]) == 2
    assert capsys.readouterr().err.startswith("qsub: invalid option -- 'Q'\nusage: qsub [-a date_time]")


def test_qsub_without_its_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert qsub.main(["/nonexistent"]) == 1
    assert capsys.readouterr().err == "qsub: script file:: No such file or directory\n"
