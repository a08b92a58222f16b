"""The embedded dom0 in the journal: written down before it is there, and known by its mark."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.dom0 import cgroup, held, holder
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.errors import HostError
from harness.ledger import Entry, Ledger


class StopError(Exception):
    """The test has seen enough."""


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the box ``school`` has its sockets."""
    path = home / "run" / "school"
    monkeypatch.setattr(held, "run_dir", lambda box, spare=False: path.with_name(f"{box}{'-' * spare}"))
    # A test that fails makes no real one.
    monkeypatch.setattr(cgroup, "create", lambda name: None)
    monkeypatch.setattr(holder, "spawn", lambda *_: pytest.fail("a dom0 was begun"))
    return path


class Noting(Ledger):
    """A journal that notes whether the run directory is there already."""

    run: Path
    late = False

    def intend(self, kind: str, key: str, **details: str) -> Entry:
        self.late = self.late or (key == str(self.run) and self.run.exists())
        return super().intend(kind, key, **details)


def test_each_thing_is_in_the_journal_before_it_is_there(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is killed in between leaves nothing that no journal knows."""
    ledger = Noting("school")
    ledger.run = run

    def make_group(name: str) -> None:
        assert [entry.key for entry in ledger.of_kind("cgroup")] == [name]

    def spawn(token: str, words: Sequence[str], log: Path) -> None:
        assert [(entry.key, entry.details["box"]) for entry in ledger.of_kind("holder")] == [
            (token, "school")
        ]
        assert words[-5:-3] == ["school", token], "its command line bears the mark of the journal"
        raise StopError

    monkeypatch.setattr(cgroup, "create", make_group)
    monkeypatch.setattr(holder, "spawn", spawn)
    before = os.umask(0)
    try:
        with pytest.raises(StopError):
            EmbeddedDom0.start("school", ledger)
    finally:
        os.umask(before)
    assert not ledger.late
    assert [entry.key for entry in ledger.of_kind("directory")] == [str(run)]
    assert run.stat().st_mode & 0o777 == 0o700, "libvirtd's socket is there"


def test_a_directory_of_somebody_else_is_left(run: Path) -> None:
    run.mkdir(parents=True)
    (run / "thesis").touch()
    ledger = Ledger("school")
    with pytest.raises(HostError, match="no box has made"):
        EmbeddedDom0.start("school", ledger)
    assert (run / "thesis").exists()
    assert ledger.open_entries() == []


def test_another_process_with_its_number_is_no_dom0(run: Path) -> None:
    """Its number may have been given to somebody else since."""
    run.mkdir(parents=True)
    child = subprocess.Popen(["sleep", "300"])
    try:
        (run / "holder").write_text(f"{os.getpid()} {child.pid}\n")
        ledger = Ledger("school")
        assert EmbeddedDom0.find("school", ledger) is None
        ledger.intend("holder", "icebox-school.0123456789abcdef", box="school")
        assert EmbeddedDom0.find("school", ledger) is None
    finally:
        child.kill()
        child.wait()
