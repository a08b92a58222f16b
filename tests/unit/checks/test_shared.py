"""What is made once for processes that check side by side."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from fixtures.shared import shared, told
from harness.errors import CheckFailed


class Maker:
    def __init__(self, *failures: Exception) -> None:
        self.failures, self.made = list(failures), 0
        self.removed: list[str] = []

    def make(self) -> str:
        if self.failures:
            raise self.failures.pop()
        self.made += 1
        return f"number {self.made}"


def test_it_is_made_by_the_first_and_removed_by_the_last(tmp_path: Path) -> None:
    maker = Maker()
    with shared(tmp_path, "it", maker.make, maker.removed.append) as first:
        with shared(tmp_path, "it", maker.make, maker.removed.append) as second:
            assert first == second == "number 1"
        assert not maker.removed
    assert maker.removed == ["number 1"]
    with shared(tmp_path, "it", maker.make, maker.removed.append) as anew:
        assert anew == "number 2"


def test_whoever_comes_first_may_leave_first(tmp_path: Path) -> None:
    maker, early, late = Maker(), ExitStack(), ExitStack()
    early.enter_context(shared(tmp_path, "it", maker.make, maker.removed.append))
    late.enter_context(shared(tmp_path, "it", maker.make, maker.removed.append))
    early.close()
    assert not maker.removed
    late.close()
    assert maker.removed == ["number 1"]


def test_each_is_told_why_it_cannot_be_made(tmp_path: Path) -> None:
    maker = Maker(CheckFailed("no room"), CheckFailed("no room"))
    for _ in range(2):
        with pytest.raises(CheckFailed, match="no room"), shared(tmp_path, "it", maker.make, print):
            pass
    with shared(tmp_path, "it", maker.make, print) as made:
        assert made == "number 1"


def test_what_was_told_is_not_asked_again(tmp_path: Path) -> None:
    maker = Maker(CheckFailed("nobody is there"))
    with pytest.raises(CheckFailed, match="nobody is there"):
        told(tmp_path, "who", maker.make)
    assert [told(tmp_path, "who", maker.make) for _ in range(2)] == ["number 1"] * 2
