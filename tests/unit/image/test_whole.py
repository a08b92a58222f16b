"""What is made beside and gets its name at the end: in which order, and what a failure leaves."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.image.whole import whole
from harness.ledger import Ledger
from harness.undo import remove_directory


@pytest.fixture
def journal(tmp_path: Path) -> Ledger:
    return Ledger("image", tmp_path / "ledger")


def test_it_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, journal: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    top, run = tmp_path / "image/base-1", subprocess.run
    asked: list[tuple[list[str], bool]] = []

    def asking(words: list[str], **options: object) -> object:
        asked.append((words, top.exists()))
        return run(words, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", asking)
    with whole(top, journal) as partial:
        (partial / "file").write_text("whole")
        assert [entry.key for entry in journal.open_entries()] == [str(partial)]
    assert asked == [(["sync", "--file-system", "--", str(partial)], False)]
    assert (top / "file").read_text() == "whole"
    assert journal.open_entries() == []


def test_what_failed_is_not_found_and_the_next_begins_anew(tmp_path: Path, journal: Ledger) -> None:
    top, half = tmp_path / "image/base-1", tmp_path / "tree"
    half.mkdir()
    (half / "half").symlink_to(tmp_path / "nowhere")
    with pytest.raises(shutil.Error), whole(top, journal) as partial:
        shutil.copytree(half, partial, dirs_exist_ok=True)
    assert not top.exists()
    with whole(top, journal) as partial:
        (partial / "file").touch()
    assert [path.name for path in top.iterdir()] == ["file"]


def test_a_disk_that_does_not_keep_it(
    tmp_path: Path, journal: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system says it when what was written earlier gets no room (sync(1) ends with 1)."""
    said = "sync: error syncing: No space left on device"
    monkeypatch.setattr(
        subprocess, "run", lambda words, **_: subprocess.CompletedProcess(words, 1, "", f"{said}\n")
    )
    top = tmp_path / "image/base-1"
    with pytest.raises(HostError, match="not on the disk") as caught, whole(top, journal) as partial:
        (partial / "file").touch()
    assert caught.value.why == said
    assert not top.exists()
    journal.replay({"directory": remove_directory})
    assert not partial.exists()
