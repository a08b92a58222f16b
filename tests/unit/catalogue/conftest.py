"""The catalogue, its commands and its sweeper, importable as they are on a node; no network, no root."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PARTS = Path(__file__).parents[3] / "box/parts"
for folder in (
    "client/tree/usr/lib/icebox",
    "catalogue-client/tree/usr/lib/icebox",
    "catalogue/tree/usr/lib/icebox/catalogued",
    "catalogue-sweeper/tree/usr/lib/icebox",
):
    sys.path.insert(0, str(PARTS / folder))

from catalogued.caller import Caller  # noqa: E402
from catalogued.database import Database  # noqa: E402

from tests.unit.catalogue.people import Server  # noqa: E402


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "catalogue.db", "gilda")
    yield made
    made.close()


@pytest.fixture
def server(store: Database) -> Server:
    """Answers as the catalogue would, to whom it is told."""
    return Server(store)


@pytest.fixture
def one() -> Caller:
    return Caller("/CN=Student 01", ("gilda",))


@pytest.fixture
def two() -> Caller:
    return Caller("/CN=Student 02", ("gilda",))


@pytest.fixture
def admin() -> Caller:
    return Caller("/CN=Manager", ("gilda/Role=SoftwareManager", "gilda"), admin=True)


@pytest.fixture
def sweeper() -> Caller:
    return Caller("/CN=se.example.org", storage="se.example.org")
