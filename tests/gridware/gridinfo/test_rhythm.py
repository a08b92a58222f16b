"""What is told of each round: whoever looks sees when the last one was, and how often they come."""

import os
from pathlib import Path

from gridware.gridinfo import rhythm


def test_each_round_leaves_its_time_and_the_seconds_to_the_next(tmp_path: Path) -> None:
    file = tmp_path / "round"
    rhythm.told(1.5, 4.25, file)
    assert file.read_text() == "1.5 4.25\n"
    os.utime(file, (0, 0))
    rhythm.told(1.5, 4.25, file)
    assert file.stat().st_mtime > 0


def test_a_disk_that_takes_nothing_keeps_no_records_back(tmp_path: Path) -> None:
    rhythm.told(1.5, 1.5, tmp_path / "missing" / "round")
    assert not list(tmp_path.iterdir())
