"""A box that is down."""

from pathlib import Path

import pytest

from harness.box.files import BoxFiles
from harness.ledger import Ledger
from tests.unit.box.down import BOX, write
from tests.unit.sites import SITE


@pytest.fixture
def down(home: Path) -> BoxFiles:
    """One that was up once, with something that was written at its nodes."""
    made = BoxFiles(BOX)
    made.make()
    made.keep_site(SITE)
    for name in ("data", "kept"):
        Ledger(BOX).intend(name, str(made.top))
    write(made, "old")
    return made
