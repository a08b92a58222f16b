"""A state directory of its own for each test that asks for one."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# A shell's & has its commands ignore Ctrl-C, and all they start; here it is part of what is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ICEBOX_HOME."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("ICEBOX_HOME", str(path))
    return path
