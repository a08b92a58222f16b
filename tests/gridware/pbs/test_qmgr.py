"""qmgr, with recorded answers of Slurm's commands."""

import os

import pytest

from gridware.pbs import qmgr


@pytest.fixture(autouse=True)
def _student(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 20001)


@pytest.mark.usefixtures("recorded_slurm")
def test_manager_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert qmgr.main(["-c", "p s"]) == 0
    text = capsys.readouterr().out
    assert "create queue short\nset queue short queue_type = Execution\n" in text
    assert "set queue infinite resources_max.walltime = 48:00:00\n" in text
    assert "set server default_queue = short\n" in text
    assert qmgr.main(["-c", "list queue long"]) == 0
    assert capsys.readouterr().out.startswith("Queue long\n\tqueue_type = Execution\n")
    assert qmgr.main(["-c", "p n"]) == 0
    assert capsys.readouterr().out == "create node xenwnnode np=2\ncreate node xenwnnode2 np=2\n"
    assert qmgr.main(["-c", "set queue short enabled = false"]) == 159
    assert "Unauthorized Request" in capsys.readouterr().err


def test_qmgr_ends_with_quit(capsys: pytest.CaptureFixture[str]) -> None:
    assert qmgr.main(["-c", "help; quit; nonsense"]) == 0
    assert capsys.readouterr().out.count("it shows") == 1
