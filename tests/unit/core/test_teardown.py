"""What is dead and may go, and what lives or was kept and stays."""

import os
from pathlib import Path

import pytest

from harness import process, state
from harness.box import teardown
from harness.console import Console, Style
from harness.ledger import Ledger, LedgerError

QUIET = Console(style=Style.QUIET)


class School:
    """The journal of a box with a directory of data, and another of its run."""

    def __init__(self, home: Path) -> None:
        self.ledger, self.home = Ledger("school"), home
        self.data, self.run = home / "data", home / "run"
        for kind, path in (("data", self.data), ("directory", self.run)):
            self.ledger.intend(kind, str(path))
            path.mkdir()

    def owner(self, *, alive: bool = True) -> None:
        """This process; or one of the same number that had begun before it did."""
        identity = process.identity(os.getpid()) if alive else "an earlier boot.1"
        self.ledger.intend("owner", str(os.getpid()), identity=identity)

    @property
    def left(self) -> tuple[bool, bool]:
        """Whether data and run are there."""
        return self.data.exists(), self.run.exists()


@pytest.fixture
def school(home: Path) -> School:
    return School(home)


def test_a_box_whose_owner_lives_is_left_alone(school: School) -> None:
    school.owner()
    assert not teardown.is_dead("school")
    assert teardown.clean(QUIET) == []
    assert school.left == (True, True)


def test_a_number_alone_is_no_owner(school: School) -> None:
    school.owner(alive=False)
    assert teardown.is_dead("school")
    assert teardown.clean(QUIET) == ["school"]
    assert school.left == (False, False)
    assert not school.ledger.path.exists()


def test_a_dom0_that_outlived_its_owner_is_dead(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teardown, "is_up", lambda name, ledger: True)
    assert not teardown.is_dead("school"), "a box that was left standing has no owner"
    school.owner(alive=False)
    assert teardown.is_dead("school")


@pytest.mark.parametrize("word", ["", "0", "-1", "no number", "9" * 30])
def test_what_is_no_number_owns_nothing(school: School, word: str) -> None:
    if word:
        school.ledger.intend("owner", word, identity="")
    assert teardown.live_owner(school.ledger) == 0


def test_what_is_stored_in_a_kept_box_outlives_its_run(school: School) -> None:
    school.owner(alive=False)
    school.ledger.intend("kept", "school")
    assert teardown.clean(QUIET) == ["school"]
    assert school.left == (True, False)
    assert not teardown.is_dead("school"), "it is down, and not dead"
    assert teardown.clean(QUIET) == []
    assert school.left == (True, False)


@pytest.mark.parametrize("destroy", [False, True])
def test_a_stop_keeps_what_is_stored_unless_it_destroys(school: School, destroy: bool) -> None:
    school.ledger.intend("kept", "school")
    teardown.stop("school", QUIET, destroy=destroy)
    assert school.left == (not destroy, False)
    assert teardown.is_kept(school.ledger) is not destroy


@pytest.mark.parametrize("destroy", [False, True])
def test_a_stop_that_is_killed_leaves_a_dead_box(
    school: School, destroy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it was about to remove first: the process that began it is its owner."""
    school.ledger.intend("kept", "school")
    # As of a box that was stopped and has come back: what is newer goes before.
    school.ledger.intend("directory", str(school.home / "again"))
    undoing = teardown.undoing()
    seen: list[tuple[bool, bool]] = []

    def looked_at(entry: object) -> None:
        seen.append((bool(teardown.live_owner(school.ledger)), teardown.is_kept(school.ledger)))

    monkeypatch.setattr(teardown, "undoing", lambda: {**undoing, "directory": looked_at})
    teardown.stop("school", QUIET, destroy=destroy)
    assert seen == [(True, not destroy)] * 2


def test_the_owner_goes_last_and_stays_with_what_resists(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box without one would be taken for one that is whole."""

    def resists(entry: object) -> None:
        raise OSError("busy")

    school.owner(alive=False)
    school.ledger.intend("directory", str(school.home / "later"))
    undoing = teardown.undoing()
    monkeypatch.setattr(teardown, "undoing", lambda: {**undoing, "data": resists})
    with pytest.raises(LedgerError, match="busy"):
        teardown.clean(QUIET)
    assert school.left == (True, False), "it goes on after what resists, and says so"
    monkeypatch.setattr(teardown, "undoing", lambda: undoing)
    assert teardown.clean(QUIET) == ["school"]
    assert school.left == (False, False)


def test_one_that_came_to_life_meanwhile_is_left_alone(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look and the lock another process may have begun to bring it up."""
    looks = [True, False]
    monkeypatch.setattr(teardown, "is_dead", lambda name: looks.pop(0))
    assert teardown.clean(QUIET, "school") == []
    assert (looks, school.left) == ([], (True, True))


@pytest.mark.parametrize("alive", [True, False])
def test_a_session_goes_with_its_process(home: Path, alive: bool) -> None:
    ledger, lease = Ledger("icebox-lease-1", state.session_dir()), home / "lease"
    identity = process.identity(os.getpid()) if alive else "an earlier boot.1"
    ledger.intend("owner", str(os.getpid()), identity=identity)
    ledger.intend("directory", str(lease))
    lease.mkdir()
    teardown.clean(QUIET)
    assert lease.exists() is alive


def test_what_a_boot_ended_is_told_and_removed(school: School, capsys: pytest.CaptureFixture[str]) -> None:
    """Processes, groups and the run's directory are gone with the boot; what is on disk is not."""
    school.ledger.intend("cgroup", "icebox-school.0123456789abcdef")
    school.ledger.intend("holder", "icebox-school.0123456789abcdef", box="school")
    school.ledger.intend("kept", "school", boot="an earlier boot")
    school.run.rmdir()
    assert teardown.is_dead("school")
    assert "booted anew" in teardown.why_dead(school.ledger)
    assert teardown.clean(Console()) == ["school"]
    assert "booted anew" in capsys.readouterr().err
    assert school.left == (True, False)
    assert [entry.kind for entry in school.ledger.open_entries()] == ["data", "kept"]


def test_a_boot_during_the_start_is_known_by_the_owner(school: School) -> None:
    school.owner(alive=False)
    assert "booted anew" in teardown.why_dead(school.ledger)


def test_a_dom0_that_died_in_this_boot(school: School) -> None:
    teardown.own(school.ledger)
    teardown.keep(school.ledger)
    assert teardown.why_dead(school.ledger) == "its dom0 died"
