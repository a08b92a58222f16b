"""Machines that can't run a box: sandboxes that lack something."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.console import Console
from harness.image import build
from tests.integration.leaks.sandbox import IMAGE, Sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.root)


@pytest.fixture(scope="session")
def image() -> Path:
    """The image, built if need be: sandboxes have no network."""
    if os.geteuid() != 0:
        pytest.skip("boxes need root")
    build.ensure(Console())
    return IMAGE


@pytest.fixture
def machine(image: Path, tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Makes a sandbox; ``prepare`` is a shell line run in it as root, ``bare`` one without an image."""
    made: list[Sandbox] = []

    def make(prepare: str = ":", *, bare: bool = False) -> Sandbox:
        made.append(Sandbox(tmp_path / "home", None if bare else image, prepare))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.close()
