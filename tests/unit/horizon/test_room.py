"""When a disk is full, by how it filled."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box import room as notes
from harness.box.room import Moment
from harness.command import CommandResult
from harness.horizon import room

NOW = time.time()
GB = 10**9


def moment(hours_ago: float, free: int, *, size: int = 100 * GB, files_free: int = 1000) -> Moment:
    return Moment(NOW - hours_ago * 3600, size, free, 2000, files_free)


def test_it_is_full_when_what_is_left_is_taken_at_the_same_rate() -> None:
    at, rate = room.full([moment(48, 50 * GB), moment(24, 48 * GB), moment(0, 40 * GB)], "free")
    assert at is not None
    # 10 GB in two days, 40 are left.
    assert abs(at - datetime.fromtimestamp(NOW, UTC) - timedelta(days=8)) < timedelta(minutes=1)
    assert rate == "5 GB a day in the last 48 hours"


def test_files_count_for_themselves() -> None:
    at, rate = room.full([moment(24, GB, files_free=1500), moment(0, GB)], "files_free")
    assert at is not None
    assert abs(at - datetime.fromtimestamp(NOW, UTC) - timedelta(days=2)) < timedelta(minutes=1)
    assert "500" not in rate or "files a day" in rate


@pytest.mark.parametrize(
    "moments",
    [
        [moment(0, 40 * GB)],
        [moment(5, 50 * GB), moment(0, 40 * GB)],
        [moment(24, 40 * GB), moment(0, 40 * GB)],
        [moment(24, 30 * GB), moment(0, 40 * GB)],
        [moment(24, 50 * GB, size=200 * GB), moment(0, 40 * GB)],
    ],
    ids=["nothing before", "too short a time", "it stays", "it was emptied", "another disk"],
)
def test_what_tells_no_rate(moments: list[Moment]) -> None:
    assert room.full(moments, "free") == (None, "")


def test_what_was_before_it_was_emptied_tells_nothing() -> None:
    at, rate = room.full([moment(72, 10 * GB), moment(24, 50 * GB), moment(0, 40 * GB)], "free")
    assert at is not None
    assert rate == "10 GB a day in the last 24 hours"


class Dom0:
    said = "4096 1000 500 2000 1999\n"

    def run(self, words: list[str], timeout: float) -> CommandResult:
        assert words[-1].endswith("box")
        return CommandResult("stat", "dom0", 0, self.said, "", 0.0)


@pytest.fixture
def box(tmp_path: Path) -> Any:
    (tmp_path / "box").mkdir()
    return SimpleNamespace(files=SimpleNamespace(top=tmp_path / "box", stored=tmp_path / "box"), dom0=Dom0())


def test_moments_are_kept_for_a_week_and_a_spoilt_line_is_no_harm(box: Any) -> None:
    path = box.files.top / notes.FILE
    old, late = moment(24 * 8, GB), moment(2, GB)
    path.write_text(f"{json.dumps(vars(old))}\nspoilt\n{json.dumps(vars(late))}\n")
    kept = notes.note(box)
    assert kept[0] == late
    assert (kept[1].size, kept[1].free, kept[1].files_free) == (4096000, 2048000, 1999)
    assert len(path.read_text().splitlines()) == 2


def test_a_disk_that_fills_is_an_end(box: Any) -> None:
    before = Moment(time.time() - 8 * 3600, 4096000, 3048000, 2000, 1999)
    (box.files.top / notes.FILE).write_text(json.dumps(vars(before)) + "\n")
    [end] = room.ends(box)
    # A million bytes in eight hours, two are left.
    assert abs(end.at - datetime.now(UTC) - timedelta(hours=4 * 4.096)) < timedelta(minutes=2)
    assert end.what.startswith("the disk is full if it goes on as now, 0.003 GB a day")


def test_a_dom0_that_can_t_be_asked_ends_nothing(box: Any) -> None:
    box.dom0.said = "no such file\n"
    assert list(room.ends(box)) == []
