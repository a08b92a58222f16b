"""The place of a machine: gone afterwards, emptied of what a killed run left, and one run's at a time."""

from pathlib import Path

import pytest

from harness.errors import HostError
from tests.machine import place


@pytest.fixture(autouse=True)
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(place, "TOP", tmp_path)
    monkeypatch.setattr(place, "NEEDED", 0)
    return tmp_path


def test_gone_afterwards(top: Path) -> None:
    with place.place("any") as directory:
        (directory / "root/etc").mkdir(parents=True)
    assert list(top.iterdir()) == []


def test_gone_after_an_interruption(top: Path) -> None:
    def interrupted() -> None:
        with place.place("any") as directory:
            (directory / "disk").write_text("")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(top.iterdir()) == []


def test_what_a_killed_run_left_is_removed(top: Path) -> None:
    left = top / "icebox-machine-any"
    (left / "root/etc").mkdir(parents=True)
    (left / "lib").symlink_to(top)
    with place.place("any") as directory:
        assert list(directory.iterdir()) == []
    assert list(top.iterdir()) == []


def test_two_runs_at_once() -> None:
    with place.place("any") as directory:
        with pytest.raises(HostError, match="another run"), place.place("any"):
            pass
        assert directory.is_dir(), "the other run's directory was removed"


def test_no_space(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "NEEDED", 1 << 60)
    with pytest.raises(HostError, match="not enough disk space"), place.place("any"):
        pass
    assert list(top.iterdir()) == []
