"""suspend and its kin say what they can't do, and every command tells a box that stands still as that."""

import json
import os
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli, process
from harness.box import pending, snapshot, suspension
from harness.commands import box as box_commands
from harness.commands import options, state
from harness.dom0 import cgroup
from harness.errors import HostError, WaitError
from harness.ledger import Ledger
from tests.drill.tried import Told
from tests.unit.sites import SITE

BOX = "mine"


class Still:
    """Stands for the dom0 of a box; the kernel's part of it is in the integration tests."""

    suspended = True

    def resume(self) -> None:
        self.suspended = False


@pytest.fixture
def dom0(home: Path, monkeypatch: pytest.MonkeyPatch) -> Still:
    made, ledger = Still(), Ledger(BOX)
    ledger.intend("data", str(home))
    box = SimpleNamespace(name=BOX, dom0=made, ledger=ledger, close=int, site=SITE, down=list)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("harness.commands.validate.is_up", lambda *_: True)
    for module in (options, box_commands, pending):
        monkeypatch.setattr(module, "is_up", lambda *_: True)
        monkeypatch.setattr(module, "attach", lambda _: box)
    for module in (box_commands, state):
        monkeypatch.setattr(module.teardown, "is_dead", lambda _: False)
    monkeypatch.setattr(suspension, "wait_until_ready", lambda *_: None)
    return made


@pytest.mark.tries("./icebox resume…")
@pytest.mark.parametrize("command", ["diagnose", "ssh ce", "validate", "handout", "job 1.ce"])
def test_what_wants_a_box_that_goes_on(
    dom0: Still, told: Told, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    Ledger(BOX).intend(suspension.KIND, BOX, since="2026-11-28T03:08:40+00:00")
    word, *more = command.split()
    assert cli.main([word, "--box", BOX, *more]) == 2
    said = capsys.readouterr().err
    assert "suspended since 2026-11-28T03:08:40" in said
    assert cli.main(shlex.split(told(said.partition("do:")[2].strip()))[1:]) == 0
    assert not dom0.suspended
    assert not Ledger(BOX).of_kind(suspension.KIND)


@pytest.mark.parametrize("killed", [True, False])
def test_status_says_that_it_is_suspended(
    dom0: Still, capsys: pytest.CaptureFixture[str], *, killed: bool
) -> None:
    ledger = Ledger(BOX)
    if killed:
        ledger.intend(snapshot.KIND, "/a", by="1:gone")
    else:
        ledger.intend(suspension.KIND, BOX, since="2026-11-28T03:08:40+00:00")
    assert cli.main(["status", "--box", BOX, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["state"] == "suspended"
    assert ("killed" in found["why"]) == killed
    assert dom0.suspended


def test_the_moment_of_a_snapshot_is_no_suspension(dom0: Still) -> None:
    ledger = Ledger(BOX)
    ledger.intend(snapshot.KIND, "/a", by=process.signature(os.getpid()))
    assert pending.standstill(SimpleNamespace(dom0=dom0, ledger=ledger)) == ""  # type: ignore[arg-type]


def test_status_says_that_it_was_suspended_in_part(
    dom0: Still, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a command that was killed when some nodes stood still, and all else went on."""
    monkeypatch.setattr(Still, "suspended", False)
    Ledger(BOX).intend(suspension.KIND, BOX, since="2026-11-28T03:08:40+00:00", by="1:gone")
    assert cli.main(["status", "--box", BOX, "--json"]) == 1
    assert "in part, by a command that was cut short" in json.loads(capsys.readouterr().out)["why"]
    assert cli.main(["resume", "--box", BOX]) == 0
    assert not Ledger(BOX).of_kind(suspension.KIND)


def test_status_says_that_it_is_about_to_be_saved(dom0: Still, capsys: pytest.CaptureFixture[str]) -> None:
    """Which may take a minute, and its nodes are silent meanwhile."""
    by = process.signature(os.getpid())
    Ledger(BOX).intend(suspension.KIND, BOX, since="2026-11-28T03:08:40+00:00", saved="yes", by=by)
    assert cli.main(["status", "--box", BOX, "--json"]) == 1
    assert "about to be suspended" in json.loads(capsys.readouterr().out)["why"]


@pytest.mark.parametrize("command", ["suspend", "save", "resume"])
def test_a_box_that_is_down(
    dom0: Still, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr(pending, "is_up", lambda *_: False)
    monkeypatch.setattr(suspension, "check", lambda _: None)
    monkeypatch.setattr(suspension, "saved", lambda _: [])
    monkeypatch.setattr("harness.box.files.BoxFiles.site", lambda _: None)
    assert cli.main([command, "--box", BOX]) == 2
    assert "is not up" in capsys.readouterr().err


def test_a_kernel_that_can_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "unified", lambda: tmp_path)
    with pytest.raises(HostError, match="this kernel can't"):
        cgroup.freeze("icebox-mine.0123456789abcdef")


def test_what_does_not_stand_still_in_time_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = tmp_path / "icebox-mine.0123456789abcdef"
    group.mkdir()
    (group / "cgroup.freeze").write_text("0")
    (group / "cgroup.events").write_text("populated 1\nfrozen 0\n")
    monkeypatch.setattr(cgroup, "unified", lambda: tmp_path)
    monkeypatch.setattr(cgroup, "STANDING_STILL", 0.01)
    with pytest.raises(WaitError, match="to stand still"):
        cgroup.freeze(group.name)
    assert not cgroup.is_frozen(group.name)
