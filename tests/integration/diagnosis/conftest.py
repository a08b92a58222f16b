"""One box that is broken again and again, and mended by what is said of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.box.box import Box
from harness.sitefile import load
from harness.state import checkout
from tests.integration.boxes import standing
from tests.integration.diagnosis.breaking import Breaking


@pytest.fixture(scope="package")
def box() -> Iterator[Box]:
    """One box for all tests here that want no other."""
    with standing(load(checkout() / "icebox.toml"), "diag") as made:
        yield made


@pytest.fixture
def breaking(box: Box) -> Iterator[Breaking]:
    """Breaks the box, and puts it back as it was."""
    made = Breaking(box)
    yield made
    made.restore()
