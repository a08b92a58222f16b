"""Checks that need several nodes of a role are left out where there are not so many."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.box import LEASE
from fixtures.lease import LAPTOP, Lease
from fixtures.several import SEVERAL, pytest_collection_modifyitems
from harness.access.laptop import Laptop
from harness.sitefile import load
from harness.state import checkout
from tests.unit.sites import SITE, site_file


class Item:
    """A check with the mark, or without; ``laptop`` are programs of one that it needs, None for no laptop."""

    def __init__(self, *roles: str, laptop: tuple[str, ...] | None = None) -> None:
        self.mark = SimpleNamespace(args=roles) if roles else None
        self.laptops = [] if laptop is None else [SimpleNamespace(args=laptop)]

    def iter_markers(self, name: str) -> list[SimpleNamespace]:
        return self.laptops if name == LAPTOP else []

    def get_closest_marker(self, name: str) -> SimpleNamespace | None:
        return self.mark if name == SEVERAL else None


def left(lease: Lease | None, *items: Any) -> list[Any]:
    """What is left of the items of a session with this lease."""
    found = list(items)
    config: Any = SimpleNamespace(stash={} if lease is None else {LEASE: lease})
    pytest_collection_modifyitems(config, found)
    return found


def leased(tmp_path: Path, site: Path) -> Lease:
    made = Lease.create(tmp_path / "lease")
    made.describe(load(site))
    return made


@pytest.fixture
def two_ses(tmp_path: Path) -> Path:
    address = 'address = "192.168.1.4"\n'
    return site_file(tmp_path, (f"{address}count = 1", f"{address}count = 2"))


def test_the_default_site_has_one_se(tmp_path: Path) -> None:
    plain, needs_two = Item(), Item("se")
    assert left(leased(tmp_path, checkout() / "icebox.toml"), plain, needs_two) == [plain]


def test_a_site_of_two_ses(tmp_path: Path, two_ses: Path) -> None:
    plain, needs_two, other_role = Item(), Item("se"), Item("ce")
    assert left(leased(tmp_path, two_ses), plain, needs_two, other_role) == [plain, needs_two]


def test_checks_from_a_laptop_are_left_out_where_it_lacks_their_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_laptop, by_ssh, by_globus = Item(laptop=()), Item(laptop=("ssh",)), Item(laptop=("ssh", "globusrun"))
    site = SITE
    without = Lease.create(tmp_path / "without")
    without.describe(site)
    assert left(without, any_laptop, by_ssh) == []
    monkeypatch.setattr(Laptop, "lacking", lambda _self, *asked: [each for each in asked if each != "ssh"])
    named = Lease.create(tmp_path / "named")
    named.describe(replace(site, laptop="laptop7"))
    assert left(named, any_laptop, by_ssh, by_globus) == [any_laptop, by_ssh]


def test_where_there_is_no_site_others_tell_of_it(tmp_path: Path) -> None:
    plain = Item()
    assert left(Lease.create(tmp_path / "lease"), plain, Item("se")) == [plain]
    assert left(None, plain, Item("se")) == [plain]
