"""Snapshots of disks that lie elsewhere: in another directory, on devices, in an installation."""

import os
from pathlib import Path

import pytest

from harness.box import copies, disks, revert, snapshot
from harness.box.copies import Copies
from harness.box.files import BoxFiles
from harness.errors import HarnessError, InputError
from harness.ledger import Ledger
from tests.unit.box.down import BOX, read, take, write


@pytest.fixture
def placed(down: BoxFiles, tmp_path: Path) -> Path:
    """The UI is a machine whose disks lie in another directory; one of them is full of holes."""
    directory = tmp_path / "disks"
    directory.mkdir()
    down.drives("xenuinode").mkdir(parents=True)
    for name, text in (("scratch", "old"), ("swap", "")):
        (directory / f"UINode.{name}").write_text(text)
        (down.drives("xenuinode") / name).symlink_to(directory / f"UINode.{name}")
    os.truncate(directory / "UINode.scratch", 1 << 30)
    (down.drives("xenuinode") / "base").symlink_to(tmp_path / "image")
    return directory / "UINode.scratch"


def test_disks_that_lie_elsewhere(down: BoxFiles, placed: Path) -> None:
    made, inode = take(down, "monday"), placed.stat().st_ino
    assert made.size < 1 << 20, "holes take no room"
    with placed.open("r+b") as disk:
        disk.write(b"new")
        disk.seek(1 << 29)
        disk.write(b"more")
    revert.revert(down, Ledger(BOX), made, None)
    with placed.open("rb") as disk:
        assert disk.read(3) == b"old"
        disk.seek(1 << 29)
        assert disk.read(4) == bytes(4)
    assert (placed.stat().st_size, placed.stat().st_ino) == (1 << 30, inode)
    assert read(down) == {"old"}


def test_a_device_is_written_from_end_to_end(
    down: BoxFiles, placed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a snapshot has nothing but zeros, something may have been written since."""
    os.truncate(placed, 4 << 20)
    made = take(down, "monday")
    placed.write_bytes(b"x" * (4 << 20))
    monkeypatch.setattr(Path, "is_block_device", lambda _: True)
    revert.revert(down, Ledger(BOX), made, None)
    assert placed.read_bytes() == b"old" + bytes((4 << 20) - 3)


def test_a_device_is_read_anew(down: BoxFiles, placed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed: list[tuple[str, ...]] = []
    monkeypatch.setattr(Path, "is_block_device", lambda _: True)
    monkeypatch.setattr(copies, "run", lambda *words: typed.append(words) or "0")
    Copies(down).keep("monday")
    kept = copies.partial_of(down, "monday") / copies.DRIVES / "xenuinode.scratch"
    flushed = typed.index(("blockdev", "--flushbufs", str(placed)))
    assert typed[flushed + 1] == (*copies.RAW, "--", str(placed), str(kept))


def test_a_disk_that_is_gone_keeps_all_others_as_they_are(down: BoxFiles, placed: Path) -> None:
    made = take(down, "monday")
    write(down, "new")
    placed.unlink()
    with pytest.raises(HarnessError, match="are not where they were at its snapshot") as error:
        revert.revert(down, Ledger(BOX), made, None)
    assert "xenuinode.scratch" in error.value.why
    assert read(down) == {"new"}


def test_disks_of_an_installation_are_others_too(down: BoxFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    made = take(down, "monday")
    monkeypatch.setattr(disks, "_installed", lambda *_: {"UINode": Path("/disks/UINode")})
    for act in (lambda: take(down, "tuesday"), lambda: revert.check(down, made)):
        with pytest.raises(InputError, match="is installed, and has no snapshots"):
            act()
    assert [each.name for each in snapshot.of(down)] == ["monday"]
