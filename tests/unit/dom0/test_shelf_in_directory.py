"""Drives in a directory: what is refused, and that what others have there stays."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.dom0 import shelf
from harness.dom0.shelf import DIRECTORY
from harness.errors import HostError
from harness.ledger import Ledger
from tests.drill.tried import Told, failing
from tests.unit.dom0.shelves import MEGABYTE, SIZES, filled, in_directory
from tests.unit.killing import killed_while_writing


def test_a_directory_of_the_box_alone(ledger: Ledger, tmp_path: Path) -> None:
    top = tmp_path / "school"
    in_directory(tmp_path).claim(ledger)
    assert top.stat().st_mode & 0o777 == 0o700
    for name in SIZES:
        in_directory(tmp_path).path(name).touch()
    (top / "CENode.partial").touch()
    in_directory(tmp_path).claim(ledger)
    assert shelf.directories(ledger) == [str(top)], "the dom0 has to show it"
    ledger.replay(shelf.UNDO)
    assert not top.exists()
    assert tmp_path.is_dir()


def test_what_others_put_there_stays(ledger: Ledger, tmp_path: Path) -> None:
    top = tmp_path / "school"
    in_directory(tmp_path).claim(ledger)
    (top / "CENode").touch()
    (top / "thesis").touch()
    ledger.replay(shelf.UNDO)
    assert [path.name for path in top.iterdir()] == ["thesis"]


def test_names_of_a_site_that_shrank_are_remembered(ledger: Ledger, tmp_path: Path) -> None:
    in_directory(tmp_path).claim(ledger)
    in_directory(tmp_path).path("CEswap").touch()
    replace(in_directory(tmp_path), sizes={"CENode": 1}).claim(ledger)
    ledger.replay(shelf.UNDO)
    assert not (tmp_path / "school").exists()


@pytest.mark.parametrize("what", ["with a file", "empty", "with another tag"])
@pytest.mark.tries("move it away, or choose another name with --box NAME")
def test_a_foreign_directory(ledger: Ledger, tmp_path: Path, what: str, told: Told) -> None:
    top = tmp_path / "school"
    if what == "with another tag":
        in_directory(tmp_path).claim(ledger)
        (top / shelf.MARK).write_text("icebox.of-another\n")
    else:
        top.mkdir()
    if what == "with a file":
        (top / "CENode").write_text("theirs")
    before = sorted(path.read_text() for path in top.iterdir())
    error = failing(told, lambda: in_directory(tmp_path).claim(ledger))
    assert "this box has not made" in error.what
    ledger.replay(shelf.UNDO)
    assert sorted(path.read_text() for path in top.iterdir()) == before
    shutil.rmtree(top)
    in_directory(tmp_path).claim(ledger)


def test_one_that_was_killed_before_its_mark(ledger: Ledger, tmp_path: Path) -> None:
    def cut() -> None:
        killed_while_writing(tmp_path / "school" / shelf.MARK, lambda: in_directory(tmp_path).claim(ledger))
        assert [path.name for path in (tmp_path / "school").iterdir()] == ["..icebox.new"]

    cut()
    in_directory(tmp_path).claim(ledger)
    ledger.replay(shelf.UNDO)
    cut()
    ledger.replay(shelf.UNDO)
    assert not (tmp_path / "school").exists()


@pytest.mark.tries("make it, mount the disk that it is on, or name another one in disk.files")
def test_a_directory_that_is_not_there(ledger: Ledger, tmp_path: Path, told: Told) -> None:
    failing(told, lambda: in_directory(tmp_path / "disk").check(ledger))
    (tmp_path / "disk").mkdir()
    in_directory(tmp_path / "disk").check(ledger)


@pytest.mark.tries("name a directory in disk.files that can be written in")
def test_one_that_nobody_can_write_in(ledger: Ledger, tmp_path: Path, told: Told) -> None:
    nothing = dict.fromkeys(SIZES, 0)
    failing(told, lambda: replace(in_directory(Path("/proc")), taken=nothing).claim(ledger))
    ledger.replay(shelf.UNDO)
    in_directory(tmp_path).claim(ledger)


def test_a_disk_that_is_not_mounted_any_more(ledger: Ledger, tmp_path: Path) -> None:
    in_directory(tmp_path).claim(ledger)
    filled(in_directory(tmp_path), "CENode")
    with pytest.raises(HostError, match="are gone"):
        in_directory(tmp_path).claim(ledger)
    in_directory(tmp_path).path("CENode").touch()
    in_directory(tmp_path).claim(ledger)


@pytest.mark.tries("free some, or name a directory on a larger disk")
def test_how_much_of_a_disk_is_missing(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=MEGABYTE))
    error = failing(told, lambda: in_directory(tmp_path).check(ledger))
    assert "1 MB are missing" in error.what
    in_directory(tmp_path)._top.mkdir()
    ledger.intend(DIRECTORY, str(tmp_path / "school"), tag="icebox.0", names="")
    (tmp_path / "school" / shelf.MARK).write_text("icebox.0\n")
    in_directory(tmp_path).path("CENode").touch()
    in_directory(tmp_path).check(ledger)
