"""What is typed on another machine to find a dom0 there, and to have it stand still; here it is this one."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.dom0 import farholder
from harness.dom0.farholder import FarHolder
from harness.dom0.place import Place
from harness.errors import HarnessError

TOKEN = "icebox-mine.0123456789abcdef"


class Here(Place):
    """Commands run on this machine."""

    name = "here"

    def words(self, command: Sequence[str]) -> list[str]:
        return list(command)


@pytest.fixture
def holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A process that bears the mark, and what it has written down."""
    monkeypatch.setattr(farholder, "directory", lambda _: str(tmp_path))
    group = tmp_path / "groups" / TOKEN
    (group / "dom0").mkdir(parents=True)
    words = ["sh", "-c", "read -r _", "holder", TOKEN]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        (tmp_path / "far").write_text(f"{TOKEN} {group}/dom0/cgroup.procs /var/lib/icebox\n")
        (tmp_path / "holder").write_text(f"{process.pid} 42\n")
        yield process.pid
        process.kill()


def found() -> FarHolder | None:
    return farholder.look("mine", Here(), "holder")


def events(tmp_path: Path, frozen: int) -> Path:
    group = tmp_path / "groups" / TOKEN
    (group / "cgroup.freeze").write_text("0\n")
    (group / "cgroup.events").write_text(f"populated 1\nfrozen {frozen}\n")
    return group / "cgroup.freeze"


def test_it_is_found(holder: int, tmp_path: Path) -> None:
    made = found()
    assert made == FarHolder(
        holder, 42, TOKEN, f"{tmp_path}/groups/{TOKEN}/dom0/cgroup.procs", Path("/var/lib/icebox")
    )
    assert made is not None
    assert not made.still, "on a kernel that has no freezer, nothing stands still"
    (tmp_path / "holder").write_text("1 42\n")
    assert found() is None, "another process has its number"


def test_it_stands_still_and_goes_on(holder: int, tmp_path: Path) -> None:
    there, freezer = found(), events(tmp_path, 1)
    assert there is not None
    for still in (True, False):
        farholder.freeze(Here(), there, still=still)
        assert freezer.read_text().strip() == str(int(still))
        seen = found()
        assert seen is not None
        assert seen.still == still
        assert seen == there, "it is the same one"


def test_one_that_does_not_stand_still_in_time(
    holder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = found()
    assert there is not None
    events(tmp_path, 0)
    monkeypatch.setattr(farholder, "STANDING_STILL", 0.2)
    with pytest.raises(HarnessError):
        farholder.freeze(Here(), there, still=True)


def test_a_kernel_that_can_not(holder: int) -> None:
    there = found()
    assert there is not None
    there = FarHolder(1, 2, TOKEN, "/no/such/group/cgroup.procs", Path("/"))
    with pytest.raises(HarnessError):
        farholder.freeze(Here(), there, still=True)
