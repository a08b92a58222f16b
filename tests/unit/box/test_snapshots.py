"""Snapshots of a box that is down: files alone, so no machine and no root are needed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import cli, process
from harness.box import copies, disks, host, pending, revert, snapshot, suspension, teardown
from harness.box.copies import Copies
from harness.box.files import BoxFiles
from harness.console import Console, Style
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.errors import HarnessError, IceboxError, InputError
from harness.faults import standing
from harness.ledger import Ledger
from harness.sitefile import load
from harness.virt.guests import Guests
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE, site_file, site_with

BOX = "mine"


@pytest.fixture
def files(home: Path) -> BoxFiles:
    """A box that was up once, and is down."""
    made = BoxFiles(BOX)
    made.make()
    made.keep_site(SITE)
    for name in ("data", "kept"):
        Ledger(BOX).intend(name, str(made.top))
    write(made, "old")
    return made


def write(files: BoxFiles, text: str) -> None:
    """On a node, and in a home that CE and WNs share."""
    for path in (files.scratch("xenuinode") / "upper", files.stored / "home"):
        path.mkdir(parents=True, exist_ok=True)
        (path / "memo").write_text(text)


def read(files: BoxFiles) -> set[str]:
    return {path.read_text() for path in files.stored.glob("**/memo") if files.snapshots not in path.parents}


def take(files: BoxFiles, name: str) -> snapshot.Snapshot:
    return snapshot.take(files, Ledger(BOX), name, None)


def clean() -> None:
    teardown.clean(Console(style=Style.QUIET), BOX)


def test_there_and_back(files: BoxFiles) -> None:
    made = take(files, "monday")
    write(files, "new")
    (files.stored / "home" / "more").touch()
    revert.revert(files, Ledger(BOX), made, None)
    assert read(files) == {"old"}
    assert not (files.stored / "home" / "more").exists()
    assert [each.name for each in snapshot.of(files)] == ["monday"]
    assert {entry.kind for entry in Ledger(BOX).open_entries()} == {"data", "kept"}


def test_a_snapshot_keeps_owners_links_holes_and_marks(files: BoxFiles) -> None:
    upper = files.scratch("xenuinode") / "upper"
    (upper / "memo").chmod(0o4750)
    os.link(upper / "memo", upper / "twice")
    (upper / "led").symlink_to("nowhere")
    with (upper / "holes").open("wb") as sparse:
        sparse.truncate(1 << 30)
    os.setxattr(upper / "memo", "user.mark", b"kept")
    made = take(files, "monday")
    revert.revert(files, Ledger(BOX), made, None)
    found = (upper / "memo").stat()
    assert (found.st_mode & 0o7777, found.st_nlink, (upper / "twice").stat().st_ino) == (
        0o4750,
        2,
        found.st_ino,
    )
    assert os.readlink(upper / "led") == "nowhere"
    assert ((upper / "holes").stat().st_size, made.size < 1 << 20) == (1 << 30, True)
    assert os.getxattr(upper / "memo", "user.mark") == b"kept"


def killed(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, act: Callable[[], object]) -> None:
    """Do it, and be killed in ``name``: nothing of what follows is done, and the process is no more."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(where, name, die)
        patch.setattr(Ledger, "gone", lambda *_: None)
        patch.setattr(Copies, "drop", lambda *_: None)
        with pytest.raises(SystemExit):
            act()
    monkeypatch.setattr(process, "is_signature", lambda _: False)


def test_a_snapshot_that_was_killed_is_none(files: BoxFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(monkeypatch, snapshot, "_finish", lambda: take(files, "monday"))
    assert (files.snapshots / ".monday").is_dir()
    assert snapshot.of(files) == []
    clean()
    assert not (files.snapshots / ".monday").exists()
    assert read(files) == {"old"}
    take(files, "monday")


@pytest.mark.parametrize("moment", ["rmtree", "copy", "run"])
def test_a_way_back_that_was_killed_is_gone_to_its_end(
    files: BoxFiles, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    made = take(files, "monday")
    write(files, "new")
    where = {"rmtree": shutil, "copy": copies, "run": copies}[moment]
    killed(monkeypatch, where, moment, lambda: revert.revert(files, Ledger(BOX), made, None))
    assert teardown.is_dead(BOX)
    assert "put it back" in teardown.why_dead(Ledger(BOX))
    clean()
    assert read(files) == {"old"}
    assert not teardown.is_dead(BOX)


@pytest.mark.tries("./icebox stop --box … --destroy, then start it anew")
def test_a_way_back_to_what_is_gone(files: BoxFiles, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    made = take(files, "monday")
    killed(monkeypatch, shutil, "rmtree", lambda: revert.revert(files, Ledger(BOX), made, None))
    shutil.rmtree(made.path)
    [entry] = Ledger(BOX).of_kind(pending.REVERT)
    error = failing(told, lambda: pending.finish(entry))
    assert isinstance(error, HarnessError)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert cli.main(shlex.split(error.remedy.partition(",")[0])[1:]) == 0
    assert not files.top.exists()
    assert not Ledger(BOX).open_entries()


def test_a_box_that_runs_has_lost_nothing_by_a_way_back_that_was_killed(
    files: BoxFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, ledger, went_on = take(files, "monday"), Ledger(BOX), []
    write(files, "new")
    ledger.intend(pending.REVERT, str(made.path), box=BOX)
    ledger.intend(snapshot.KIND, str(files.snapshots / ".tuesday"), by="1:gone")
    (files.snapshots / ".tuesday").mkdir()
    dom0 = SimpleNamespace(suspended=True, resume=lambda: went_on.append("resumed"))
    box = SimpleNamespace(dom0=dom0, ledger=ledger, site=SITE, down=list)
    monkeypatch.setattr(pending, "is_up", lambda *_: True)
    monkeypatch.setattr(pending, "attach", lambda _: box)
    assert "was killed" in pending.standstill(box)  # type: ignore[arg-type]
    assert pending.settle(BOX, ledger)
    assert (read(files), went_on, pending.is_left(ledger)) == ({"new"}, ["resumed"], False)
    assert not (files.snapshots / ".tuesday").exists()


def refused(told: Told, act: Callable[[], object]) -> list[str]:
    """What is typed for the remedy."""
    error = failing(told, act)
    assert isinstance(error, IceboxError)
    [typed] = re.findall(r"\./icebox [^;]*?(?=$| makes|, then)", error.remedy)
    return shlex.split(typed)[1:]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], int]:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return cli.main


@pytest.mark.tries("./icebox snapshot --box … … makes one of the box as it is now")
def test_one_that_there_is_not(files: BoxFiles, told: Told, typed: Callable[[list[str]], int]) -> None:
    words = refused(told, lambda: snapshot.named(files, "monday"))
    assert typed(words) == 0
    assert snapshot.named(files, "monday").size > 0


@pytest.mark.tries("choose another name, or ./icebox snapshots --box … --remove …")
def test_one_that_there_is_already(files: BoxFiles, told: Told, typed: Callable[[list[str]], int]) -> None:
    take(files, "monday")
    words = refused(told, lambda: take(files, "monday"))
    take(files, "tuesday")
    assert typed(words) == 0
    take(files, "monday")
    assert [each.name for each in snapshot.of(files)] == ["tuesday", "monday"]


@pytest.mark.tries("./icebox snapshots --box … --remove …")
def test_too_many(
    files: BoxFiles, told: Told, typed: Callable[[list[str]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MOST", 2)
    for name in ("monday", "tuesday"):
        take(files, name)
    assert typed(refused(told, lambda: take(files, "friday"))) == 0
    take(files, "friday")
    assert [each.name for each in snapshot.of(files)] == ["tuesday", "friday"]


@pytest.mark.tries("free some, or remove snapshots: ./icebox snapshots --box …")
def test_no_room(files: BoxFiles, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands for a disk that has become full has room again once one snapshot is gone."""
    made, usage = take(files, "monday"), shutil.disk_usage

    def full(path: Path) -> object:
        free = usage(path).free if not made.path.exists() else host.SPACE
        return SimpleNamespace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", full)
    refused(told, lambda: take(files, "tuesday"))
    assert not (files.snapshots / ".tuesday").exists()
    snapshot.remove(files, Ledger(BOX), "monday")
    take(files, "tuesday")


@pytest.mark.tries("use 1 to 31 small letters, digits and hyphens, a letter or digit first")
@pytest.mark.parametrize("name", ["", "..", "a/b", ".a", "A", "a" * 32, "a b", "-a", "a\n"])
def test_what_is_no_name(files: BoxFiles, told: Told, name: str) -> None:
    assert isinstance(failing(told, lambda: take(files, name)), InputError)
    assert not files.snapshots.exists()
    assert take(files, "2026-11-28").name == "2026-11-28"


@pytest.mark.tries("./icebox stop --box …, then start it with the site file of that time")
def test_other_nodes(files: BoxFiles, told: Told, tmp_path: Path) -> None:
    made, before = take(files, "monday"), files.site().path.read_text()
    files.keep_site(load(site_file(tmp_path, text=re.sub(r"(\[wn\][^[]*?count =) 1", r"\1 2", before))))
    failing(told, lambda: revert.check(files, made))
    files.keep_site(load(site_file(tmp_path, text=before)))
    assert revert.check(files, made) == files.site()


def test_a_fault_is_in_no_snapshot(files: BoxFiles) -> None:
    since = "2026-11-28T00:00:00+00:00"
    Ledger(BOX).intend(standing.KIND, "wn-offline", fault="wn-offline", since=since)
    with pytest.raises(InputError, match="would be in its snapshot"):
        take(files, "monday")
    assert not files.snapshots.exists()


@pytest.fixture
def placed(files: BoxFiles, tmp_path: Path) -> Path:
    """The UI is a machine whose disks lie in another directory; one of them is full of holes."""
    directory = tmp_path / "disks"
    directory.mkdir()
    files.drives("xenuinode").mkdir(parents=True)
    for name, text in (("scratch", "old"), ("swap", "")):
        (directory / f"UINode.{name}").write_text(text)
        (files.drives("xenuinode") / name).symlink_to(directory / f"UINode.{name}")
    os.truncate(directory / "UINode.scratch", 1 << 30)
    (files.drives("xenuinode") / "base").symlink_to(tmp_path / "image")
    return directory / "UINode.scratch"


def test_disks_that_lie_elsewhere(files: BoxFiles, placed: Path) -> None:
    made, inode = take(files, "monday"), placed.stat().st_ino
    assert made.size < 1 << 20, "holes take no room"
    with placed.open("r+b") as disk:
        disk.write(b"new")
        disk.seek(1 << 29)
        disk.write(b"more")
    revert.revert(files, Ledger(BOX), made, None)
    with placed.open("rb") as disk:
        assert disk.read(3) == b"old"
        disk.seek(1 << 29)
        assert disk.read(4) == bytes(4)
    assert (placed.stat().st_size, placed.stat().st_ino) == (1 << 30, inode)
    assert read(files) == {"old"}


def test_a_device_is_written_from_end_to_end(
    files: BoxFiles, placed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a snapshot has nothing but zeros, something may have been written since."""
    os.truncate(placed, 4 << 20)
    made = take(files, "monday")
    placed.write_bytes(b"x" * (4 << 20))
    monkeypatch.setattr(Path, "is_block_device", lambda _: True)
    revert.revert(files, Ledger(BOX), made, None)
    assert placed.read_bytes() == b"old" + bytes((4 << 20) - 3)


def test_a_device_is_read_anew(files: BoxFiles, placed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed: list[tuple[str, ...]] = []
    monkeypatch.setattr(Path, "is_block_device", lambda _: True)
    monkeypatch.setattr(copies, "run", lambda *words: typed.append(words) or "0")
    Copies(files).keep("monday")
    kept = copies.partial_of(files, "monday") / copies.DRIVES / "xenuinode.scratch"
    flushed = typed.index(("blockdev", "--flushbufs", str(placed)))
    assert typed[flushed + 1] == (*copies.RAW, "--", str(placed), str(kept))


def test_a_disk_that_is_gone_keeps_all_others_as_they_are(files: BoxFiles, placed: Path) -> None:
    made = take(files, "monday")
    write(files, "new")
    placed.unlink()
    with pytest.raises(HarnessError, match="are not where they were at its snapshot") as error:
        revert.revert(files, Ledger(BOX), made, None)
    assert "xenuinode.scratch" in error.value.why
    assert read(files) == {"new"}


def test_disks_of_an_installation_are_others_too(files: BoxFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    made = take(files, "monday")
    monkeypatch.setattr(disks, "_installed", lambda *_: {"UINode": Path("/disks/UINode")})
    for act in (lambda: take(files, "tuesday"), lambda: revert.check(files, made)):
        with pytest.raises(InputError, match="is installed, and has no snapshots"):
            act()
    assert [each.name for each in snapshot.of(files)] == ["monday"]


def test_kinds_that_can_not_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = site_with(tmp_path, ("[ui]", '[ui]\nhypervisor = "qemu"'))
    suspension.check(mixed)
    monkeypatch.setattr(Guests, "SUSPENDS", False)
    with pytest.raises(InputError, match=r"(?m): xenuinode.* \(qemu\)$"):
        suspension.check(mixed)
    monkeypatch.setattr(EmbeddedDom0, "SUSPENDS", False)
    with pytest.raises(InputError, match="of the kind embedded can't be suspended"):
        suspension.check(SITE)
