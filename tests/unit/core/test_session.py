"""What a session keeps outside of its box: known to a journal before it is there, and its own alone."""

import os
import tempfile
from pathlib import Path

import pytest

from fixtures.lease import Lease
from fixtures.session import Session
from harness import state
from harness.ledger import Ledger, boxes


@pytest.fixture
def place(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sessions of root have their directories."""
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return home


def test_its_directory_is_in_the_journal_before_it_is_there(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Lease.create

    def create(directory: Path) -> Lease:
        (name,) = boxes(state.session_dir())
        kinds = {entry.kind: entry.key for entry in Ledger(name, state.session_dir()).open_entries()}
        assert kinds == {"owner": str(os.getpid()), "directory": str(directory)}
        return real(directory)

    monkeypatch.setattr(Lease, "create", create)
    session = Session()
    assert session.top.parent == place
    assert not session.over
    session.end()
    assert session.over
    assert boxes(state.session_dir()) == []


def test_nobody_else_reads_it(place: Path) -> None:
    """Copies of a box's keys are there."""
    before = os.umask(0)
    try:
        session = Session()
    finally:
        os.umask(before)
    assert session.top.stat().st_mode & 0o777 == 0o700
    session.end()


def test_what_lies_there_already_is_not_taken_over(tmp_path: Path) -> None:
    """Its name can't be guessed, and whoever made it may still write there."""
    (tmp_path / "theirs").mkdir()
    with pytest.raises(FileExistsError):
        Lease.create(tmp_path / "theirs")
