"""A volume's box, in a state directory of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box import volume
from harness.box.files import BoxFiles
from harness.ledger import Ledger


@pytest.fixture
def files(home: Path) -> Iterator[BoxFiles]:
    made = BoxFiles("bound")
    made.make()
    yield made
    for entry in Ledger("bound").of_kind(volume.KIND):
        volume.undo(entry)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
