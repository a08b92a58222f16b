"""Of HTCondor the broker's tests need the ClassAd library alone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# The queue is never touched here; without a configuration its library would look for one, and warn.
os.environ["CONDOR_CONFIG"] = "/dev/null"

if TYPE_CHECKING:
    from tests.gridware.broker.callers import Rb


@pytest.fixture
def rb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[Rb]":
    """The broker's books and directories, empty."""
    from tests.gridware.broker.callers import Rb

    made = Rb(tmp_path, monkeypatch)
    yield made
    made.close()
