"""The way back to a snapshot, also from where one was killed on it."""

import re
import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli
from harness.box import copies, pending, revert, snapshot, teardown
from harness.box.files import BoxFiles
from harness.errors import HarnessError
from harness.ledger import Ledger
from harness.sitefile import load
from tests.drill.tried import Told, failing
from tests.unit.box.down import BOX, clean, killed, read, take, write
from tests.unit.sites import SITE, site_file


def test_there_and_back(down: BoxFiles) -> None:
    made = take(down, "monday")
    write(down, "new")
    (down.stored / "home" / "more").touch()
    revert.revert(down, Ledger(BOX), made, None)
    assert read(down) == {"old"}
    assert not (down.stored / "home" / "more").exists()
    assert [each.name for each in snapshot.of(down)] == ["monday"]
    assert {entry.kind for entry in Ledger(BOX).open_entries()} == {"data", "kept"}


@pytest.mark.parametrize("moment", ["rmtree", "copy", "run"])
def test_a_way_back_that_was_killed_is_gone_to_its_end(
    down: BoxFiles, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    made = take(down, "monday")
    write(down, "new")
    where = {"rmtree": shutil, "copy": copies, "run": copies}[moment]
    killed(monkeypatch, where, moment, lambda: revert.revert(down, Ledger(BOX), made, None))
    assert teardown.is_dead(BOX)
    assert "put it back" in teardown.why_dead(Ledger(BOX))
    clean()
    assert read(down) == {"old"}
    assert not teardown.is_dead(BOX)


@pytest.mark.tries("./icebox stop --box … --destroy, then start it anew")
def test_a_way_back_to_what_is_gone(down: BoxFiles, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    made = take(down, "monday")
    killed(monkeypatch, shutil, "rmtree", lambda: revert.revert(down, Ledger(BOX), made, None))
    shutil.rmtree(made.path)
    [entry] = Ledger(BOX).of_kind(pending.REVERT)
    error = failing(told, lambda: pending.finish(entry), HarnessError)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert cli.main(shlex.split(error.remedy.partition(",")[0])[1:]) == 0
    assert not down.top.exists()
    assert not Ledger(BOX).open_entries()


def test_a_box_that_runs_has_lost_nothing_by_a_way_back_that_was_killed(
    down: BoxFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, ledger, went_on = take(down, "monday"), Ledger(BOX), []
    write(down, "new")
    ledger.intend(pending.REVERT, str(made.path), box=BOX)
    ledger.intend(snapshot.KIND, str(down.snapshots / ".tuesday"), by="1:gone")
    (down.snapshots / ".tuesday").mkdir()
    dom0 = SimpleNamespace(suspended=True, resume=lambda: went_on.append("resumed"))
    box = SimpleNamespace(dom0=dom0, ledger=ledger, site=SITE, down=list)
    monkeypatch.setattr(pending, "is_up", lambda *_: True)
    monkeypatch.setattr(pending, "attach", lambda _: box)
    assert "was killed" in pending.standstill(box)  # type: ignore[arg-type]
    assert pending.settle(BOX, ledger)
    assert (read(down), went_on, pending.is_left(ledger)) == ({"new"}, ["resumed"], False)
    assert not (down.snapshots / ".tuesday").exists()


@pytest.mark.tries("./icebox stop --box …, then start it with the site file of that time")
def test_other_nodes(down: BoxFiles, told: Told, tmp_path: Path) -> None:
    made, before = take(down, "monday"), down.site().path.read_text()
    down.keep_site(load(site_file(tmp_path, text=re.sub(r"(\[wn\][^[]*?count =) 1", r"\1 2", before))))
    failing(told, lambda: revert.check(down, made))
    down.keep_site(load(site_file(tmp_path, text=before)))
    assert revert.check(down, made) == down.site()
