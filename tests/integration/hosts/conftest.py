"""Machines that can't run a box: sandboxes that lack something."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.leaks.sandbox import Sandbox


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Makes a sandbox; ``prepare`` is a shell line run in it as root, ``bare`` one without an image."""
    made: list[Sandbox] = []

    def make(prepare: str = ":", *, bare: bool = False) -> Sandbox:
        made.append(Sandbox(tmp_path / "home", prepare, bare=bare))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.close()
