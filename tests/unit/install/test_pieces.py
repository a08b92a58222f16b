"""The drives of an installed box: their names are the original's, and each node has its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.box.files import BoxFiles
from harness.install import pieces
from harness.install.pieces import Piece
from harness.install.store import Files
from harness.ledger import Ledger
from harness.site import Role
from harness.virt import originals
from harness.virt.domain import DRIVES
from tests.unit.sites import SITE, site_with


def test_names_are_the_originals() -> None:
    assert [originals.title(node) for node in SITE.nodes] == [
        "CENode",
        "WNNode",
        "SENode",
        "UINode",
        "RBNode",
    ]
    assert originals.drives(SITE.ce)["swap"] == "CEswap"
    assert originals.title(replace(SITE.wn, index=3)) == "WNNode3"
    assert originals.drives(replace(SITE.wn, index=3))["swap"] == "WNswap3"


def test_nodes_share_what_they_only_read() -> None:
    found = [originals.drives(node) for node in SITE.nodes]
    assert all(tuple(each) == DRIVES for each in found)
    assert len({each["base"] for each in found}) == 1
    assert len({name for each in found for name in each.values()}) == 2 + 3 * len(found)


@pytest.mark.usefixtures("home")
def test_no_name_is_two_nodes(tmp_path: Path) -> None:
    """Also where there are several of a role."""
    three, se = ("count = 1 ", "count = 3 "), 'address = "192.168.1.4"\ncount = '
    site = site_with(tmp_path, three, three, (f"{se}1", f"{se}2"))
    assert len(site.of(Role.WN)) == 3
    names = [originals.title(node) for node in site.nodes]
    assert len(set(names)) == len(names) >= 8


def test_a_copy_has_holes_where_the_drive_has(tmp_path: Path) -> None:
    source = tmp_path / "drive"
    with source.open("wb") as file:
        file.write(b"grid" * 4096)
        file.seek(64 << 20)
        file.write(b"end")
    pieces.copy(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert (tmp_path / "copy").stat().st_blocks * 512 < 1 << 20


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    store, seen = Files(tmp_path), []

    def fill(path: Path) -> None:
        seen.extend(path.parent.iterdir())
        path.write_text("keys")

    store.fill(Piece("CEsite", 4, 4, fill))
    assert seen == []
    assert [each.name for each in (tmp_path / "images").iterdir()] == ["CEsite"]
    assert store.path("CEsite").stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_where_a_plan_is_made(home: Path) -> None:
    files = BoxFiles("school")
    assert not files.top.exists()
    assert Ledger("school").open_entries() == []
    assert list(home.iterdir()) == []
