"""The directory that is handed out: closed, whole or not at all, and nobody else's."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import HostError, InputError
from harness.handout import folder
from tests.drill.tried import Told

FILES = {"all.html": b"page", "student01/key": b"secret"}


def modes(top: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in [top, *top.rglob("*")]}


def beside(top: Path) -> list[str]:
    return sorted(os.listdir(top.parent))


@contextmanager
def small_files() -> Iterator[None]:
    """No file of this process may have more than two bytes (setrlimit(2)): a write fails in its midst."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = folder.write(tmp_path / "out", "school", FILES)
    finally:
        os.umask(before)
    assert modes(made) == {0o700, 0o600}
    assert (made / "student01/key").read_bytes() == b"secret"
    assert beside(made) == ["out"]


def test_a_later_one_takes_the_place_of_the_first(tmp_path: Path) -> None:
    made = folder.write(tmp_path / "out", "school", {**FILES, "student02/key": b"gone"})
    (made / "notes").write_text("a trainer's, and gone as well")
    folder.write(tmp_path / "out", "school", FILES)
    assert sorted(each.name for each in made.rglob("*") if each.is_file()) == [folder.MARK, "all.html", "key"]
    assert beside(made) == ["out"]


@pytest.mark.tries("make room there, or name another directory with --to DIR")
def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, told: Told) -> None:
    made = folder.write(tmp_path / "out", "school", FILES)
    with small_files(), pytest.raises(HostError, match="can't be written") as caught:
        folder.write(made, "school", {"all.html": b"longer"})
    assert str(made) == caught.value.where
    assert (made / "student01/key").read_bytes() == b"secret"
    with small_files(), pytest.raises(HostError):
        folder.write(tmp_path / "other", "school", FILES)
    assert beside(made) == ["out"]
    told(caught.value)
    folder.write(made, "school", {"all.html": b"longer"})  # where there is room
    folder.write(tmp_path / "other", "school", FILES)


def test_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    for name in (".out.school.new", ".out.school.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / folder.MARK).write_text("")  # cut off
    folder.write(tmp_path / "out", "school", FILES)
    assert beside(tmp_path / "out") == ["out"]


@pytest.mark.tries(
    "name a new or an empty directory with --to DIR, or that of an earlier handout of this box"
)
def test_others_directories_stay(tmp_path: Path, told: Told) -> None:
    other = folder.write(tmp_path / "other", "training", FILES)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis").write_text("")
    (tmp_path / "file").write_text("")
    for place, why in (
        (other, "handouts of the box 'training'"),
        (mine, "others' files are in it"),
        (tmp_path / "file", "no directory"),
        (tmp_path / "none/out", "no such directory"),
    ):
        with pytest.raises(InputError, match="can't be put there") as caught:
            folder.write(place, "school", FILES)
        assert why in caught.value.why
        told(caught.value)
    assert (mine / "thesis").exists()
    (mine / "thesis").unlink()
    for _ in range(2):  # an empty one, then that of an earlier handout
        assert (folder.write(mine, "school", FILES) / "all.html").exists()


def test_a_link_leads_to_the_directory(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert folder.write(tmp_path / "link", "school", FILES) == tmp_path / "real"
    assert (tmp_path / "link").is_symlink()
