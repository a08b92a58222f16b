"""The programs of box/parts/client, importable as they are on a node; no network, no root."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.box.programs import CLIENT

HERE = Path(__file__).parent
for part in (CLIENT, CLIENT.with_name("catalogue-client")):
    sys.path.insert(0, str(part / "tree/usr/lib/icebox"))


@pytest.fixture
def recorded_bdii(monkeypatch: pytest.MonkeyPatch) -> None:
    """A BDII that is a recording: the fake ldapsearch stands first on PATH."""
    monkeypatch.setenv("PATH", f"{HERE / 'fake_bin'}:/usr/bin:/bin")
    monkeypatch.setenv("LCG_GFAL_INFOSYS", "bdii.example.org:2170")
