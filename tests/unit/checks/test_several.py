"""Checks that need several nodes of a role are left out where there are not so many."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.several import SEVERAL, pytest_collection_modifyitems
from harness.state import checkout


class Item:
    """A check with the mark, or without."""

    def __init__(self, *roles: str) -> None:
        self.mark = SimpleNamespace(args=roles) if roles else None

    def get_closest_marker(self, name: str) -> SimpleNamespace | None:
        return self.mark if name == SEVERAL else None


def left(site: Path, *items: Any) -> list[Any]:
    """What is left of the items of a session with this site file."""
    found = list(items)
    config: Any = SimpleNamespace(option=SimpleNamespace(box="", site=str(site)))
    pytest_collection_modifyitems(config, found)
    return found


@pytest.fixture
def two_ses(tmp_path: Path) -> Path:
    text = (checkout() / "icebox.toml").read_text()
    head, table, rest = text.partition("[se]")
    assert table
    (tmp_path / "icebox.toml").write_text(head + table + rest.replace("count = 1", "count = 2", 1))
    (tmp_path / "gridbox-ports.cfg").write_bytes((checkout() / "gridbox-ports.cfg").read_bytes())
    return tmp_path / "icebox.toml"


def test_the_default_site_has_one_se() -> None:
    plain, needs_two = Item(), Item("se")
    assert left(checkout() / "icebox.toml", plain, needs_two) == [plain]


def test_a_site_of_two_ses(two_ses: Path) -> None:
    plain, needs_two, other_role = Item(), Item("se"), Item("ce")
    assert left(two_ses, plain, needs_two, other_role) == [plain, needs_two]


def test_a_site_that_can_not_be_read_is_told_of_by_others(tmp_path: Path) -> None:
    plain = Item()
    assert left(tmp_path / "missing.toml", plain, Item("se")) == [plain]
