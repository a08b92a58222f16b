"""One box that is broken again and again, and mended by what is said of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.box import bringup, teardown
from harness.box.box import Box
from harness.console import Console, Style
from harness.sitefile import load
from harness.state import checkout
from tests.integration.diagnosis.breaking import Breaking


@pytest.fixture(scope="package")
def box() -> Iterator[Box]:
    """The box; whatever becomes of the tests, nothing of it is left."""
    if os.geteuid() != 0:
        pytest.skip("boxes need root")
    name, console = f"diag{os.getpid()}"[-12:], Console(style=Style.QUIET)
    made = bringup.start(bringup.Request(load(checkout() / "icebox.toml"), name, ephemeral=True), console)
    try:
        yield made
    finally:
        try:
            made.close()
        finally:
            teardown.stop(name, console, destroy=True)


@pytest.fixture
def breaking(box: Box) -> Iterator[Breaking]:
    """Breaks the box, and puts it back as it was."""
    made = Breaking(box)
    yield made
    made.restore()
