"""A state directory of its own for each test that asks for one, and the default site."""

import signal
from pathlib import Path

import pytest

from harness.site import Site
from tests.unit.sites import SITE

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


@pytest.fixture(scope="session")
def site() -> Site:
    """The default site."""
    return SITE
