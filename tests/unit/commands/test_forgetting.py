"""Boxes on a machine that is no more."""

import os
import shlex
from pathlib import Path

import pytest

from harness import cli, process
from harness.box import forgetting
from harness.console import Console, Style
from harness.errors import InputError
from harness.ledger import Ledger, boxes
from harness.xenhost import host as xenhost
from tests.drill.tried import Told

QUIET = Console(style=Style.QUIET)
HOST = "root@xen1"


@pytest.fixture(autouse=True)
def _root(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("harness.dom0.cgroup.check_host", lambda: None)
    # Whoever looks for a box elsewhere makes its directory for the connection's sockets.
    monkeypatch.setattr("harness.dom0.kinds.remote.run_dir", lambda box: home / "run" / box)


def put(name: str, host: str = HOST, config: str = "") -> Ledger:
    """A box that is up on another machine."""
    ledger = Ledger(name)
    for kind in ("remote-data", "remote"):
        ledger.intend(kind, host, box=name, laptop="lap", config=config)
    ledger.intend("kept", name, boot=process.boot())
    return ledger


def typed(*words: str) -> int:
    return cli.main(["ledger", *words])


@pytest.mark.tries("./icebox ledger clean --forget-host …")
def test_they_are_given_up_by_clean_alone(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    put("school")
    assert typed("--forget-host", HOST) == 2
    line = told(capsys.readouterr().err.partition("do:")[2].strip())
    assert boxes() == ["school"]
    assert cli.main(shlex.split(line)[1:]) == 0
    assert boxes() == []
    assert f"what is left of school on {HOST} stays there" in capsys.readouterr().err


@pytest.mark.tries("./icebox ledger shows where boxes are")
def test_a_host_of_no_box(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    put("school")
    with pytest.raises(InputError, match=f"boxes on {HOST}") as refused:
        forgetting.forget_host(QUIET, "root@xen2")
    assert cli.main(shlex.split(told(refused.value.remedy).partition(" shows")[0])[1:]) == 0
    assert HOST in capsys.readouterr().out
    assert boxes() == ["school"]


def test_boxes_elsewhere_and_others_stay() -> None:
    put("school")
    put("lab")
    put("away", "root@xen2")
    assert forgetting.forget_host(QUIET, HOST, only="school") == ["school"]
    assert boxes() == ["away", "lab"]


def test_one_that_a_process_sees_to_stays(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = put("school")
    ledger.intend("owner", str(os.getpid()), identity=process.identity(os.getpid()))
    assert forgetting.forget_host(Console(), HOST) == []
    assert f"process {os.getpid()} sees to it" in capsys.readouterr().err
    assert len(ledger.of_kind("remote")) == 1


def test_boxes_on_a_xen_host_go_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(xenhost, "stop", lambda console: True)
    put("xenbox", "root@xenhost", str(xenhost.config()))
    put("school")
    assert cli.main(["xen-host", "stop"]) == 0
    assert boxes() == ["school"]
    assert "'xenbox' went with the Xen host" in capsys.readouterr().err
