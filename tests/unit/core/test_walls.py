"""A box that others reach stands on no host that can't be kept apart from it, unless they are trusted."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.box import host
from harness.dom0 import walls
from harness.dom0.held import HeldDom0
from harness.errors import HostError
from harness.site import Site
from tests.unit.sites import SITE

WHY = "[Errno 22] Invalid argument"
EXPOSED = replace(SITE, expose=("eth0",))


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host where file systems take no map, and that filters no system call."""
    found = walls.of(WHY, filtered=False)
    monkeypatch.setattr(HeldDom0, "missing_walls", classmethod(lambda cls: found))


@pytest.mark.parametrize(
    ("site", "option"),
    [(replace(SITE, dom0_kind="local"), "kind"), (EXPOSED, "expose")],
    ids=["local", "exposed"],
)
def test_one_error_names_each_and_what_to_do(site: Site, option: str, missing: None) -> None:
    with pytest.raises(HostError) as caught:
        host.check_walls(site)
    error = caught.value
    assert error.where == f"[dom0] {option} of the site file"
    assert error.what.startswith("2 of the walls")
    assert error.why == f"root of a node is root of its host ({WHY}); {walls.UNFILTERED}"
    for part in (walls.MAPS, walls.UNFILTERED.remedy, "--trust-students"):
        assert part in error.remedy


def test_nobody_reaches_it(missing: None) -> None:
    host.check_walls(SITE)


def test_all_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HeldDom0, "missing_walls", classmethod(lambda cls: walls.of("", filtered=True)))
    host.check_walls(EXPOSED)


def test_what_is_found_of_a_box_that_is_there_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HeldDom0, "missing_walls", classmethod(lambda cls: []))
    with pytest.raises(HostError, match="1 of the walls"):
        host.check_walls(EXPOSED, lambda: walls.of("its layers are on NFS", filtered=True))


def test_no_system_calls_are_filtered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "FILTERS", tmp_path / "none")
    assert walls.UNFILTERED in walls.missing(tmp_path)
