"""What the client commands of the information system and GridFTP ask."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def recorded_bdii(monkeypatch: pytest.MonkeyPatch) -> None:
    """A BDII that is a recording: the fake ldapsearch stands first on PATH."""
    monkeypatch.setenv("PATH", f"{HERE / 'fake_bin'}:/usr/bin:/bin")
    monkeypatch.setenv("LCG_GFAL_INFOSYS", "bdii.example.org:2170")
