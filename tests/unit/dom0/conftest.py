"""A machine with a volume group, and the ledger of a box."""

from pathlib import Path

import pytest

from harness.dom0 import lvm
from harness.ledger import Ledger
from tests.unit.dom0.shelves import Host, group_of


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr(lvm, "check", lambda: None)
    monkeypatch.setattr(lvm, "groups", lambda: ["grid"])
    monkeypatch.setattr(lvm, "group", lambda name: group_of(made) if name == "grid" else None)
    monkeypatch.setattr(lvm, "tags", lambda _: {name: [tag] for name, tag in made.volumes.items()})
    monkeypatch.setattr(lvm, "make_volume", made.make)
    monkeypatch.setattr(lvm, "remove_volume", made.remove)
    monkeypatch.setattr(lvm, "activate", made.active.append)
    return made


@pytest.fixture
def ledger(home: Path) -> Ledger:
    assert home
    return Ledger("school")
