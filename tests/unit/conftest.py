"""A state directory of its own for each test that asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ICEBOX_HOME."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("ICEBOX_HOME", str(path))
    return path
