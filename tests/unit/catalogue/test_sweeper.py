"""The sweeper acts as the person whose intent it was, and as nobody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sweeper import accounts

DN = "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania/CN=Student 01"
LEASE = "%2fc%3dit%2fo%3dgridbox%2fou%3dpersonal%20certificate%2fl%3dcatania%2fcn%3dstudent%2001"


@pytest.fixture
def gridmapdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("daemon", "nobody"):
        (tmp_path / name).touch()
    monkeypatch.setattr(accounts, "GRIDMAPDIR", tmp_path)
    roles = tmp_path / "roles"
    roles.write_text('"/gilda/Role=SoftwareManager" games\n')
    monkeypatch.setattr(accounts, "LOCAL_ACCOUNTS", roles)
    return tmp_path


def test_a_lease_leads_to_its_account(gridmapdir: Path) -> None:
    os.link(gridmapdir / "nobody", gridmapdir / f"{LEASE}:gilda")
    found = accounts.account_of(DN, ["gilda"])
    assert found is not None
    assert found.pw_name == "nobody"


def test_a_longer_name_is_somebody_else(gridmapdir: Path) -> None:
    os.link(gridmapdir / "nobody", gridmapdir / f"{LEASE}1:gilda")
    assert accounts.account_of(DN, ["gilda"]) is None


def test_who_never_came_has_no_account(gridmapdir: Path) -> None:
    assert accounts.account_of(DN, ["gilda"]) is None
    assert accounts.account_of(DN, []) is None


def test_a_role_has_an_account_of_its_own(gridmapdir: Path) -> None:
    os.link(gridmapdir / "nobody", gridmapdir / f"{LEASE}:gilda")
    found = accounts.account_of(DN, ["gilda/Role=SoftwareManager", "gilda"])
    assert found is not None
    assert found.pw_name == "games"
