"""The box's own namespace of AppArmor's policies: in the ledger first, and removed with the box."""

from pathlib import Path

import pytest

from harness.dom0 import apparmor
from harness.ledger import Ledger


def test_made_where_there_is_apparmor(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger("school")
    monkeypatch.setattr(apparmor, "SPACES", tmp_path / "none")
    apparmor.create("icebox-school.0", ledger)
    assert ledger.open_entries() == []
    monkeypatch.setattr(apparmor, "SPACES", tmp_path)
    apparmor.create("icebox-school.0", ledger)
    [entry] = ledger.open_entries()
    assert (tmp_path / entry.key).is_dir()
    for _ in range(2):  # an undoing that was cut off is done again
        apparmor.undo(entry)
        assert not (tmp_path / entry.key).exists()
