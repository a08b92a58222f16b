"""A sandbox with a living box in it, which every death beside it must leave alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.leaks.sandbox import IMAGE, PREFIX, Sandbox, settled

LIVING = f"{PREFIX}living"
MEMO = "what a student stored"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.root)


@dataclass(frozen=True)
class Scene:
    """A sandbox, what was in it before the test, and the living box's process namespaces."""

    sandbox: Sandbox
    before: dict[str, frozenset[str]]
    living: frozenset[str]

    def left(self) -> dict[str, object]:
        """What a test added to the sandbox or took from it."""
        return settled(self.sandbox, self.before, self.living)

    def living_is_well(self) -> bool:
        read = self.sandbox.icebox("ssh", "--box", LIVING, "--as", "student01", "ui", "cat", "memo")
        return read.code == 0 and read.output.strip() == MEMO


@pytest.fixture(scope="session")
def image() -> Path:
    """The image, built if need be: sandboxes have no network."""
    if os.geteuid() != 0:
        pytest.skip("boxes need root")
    from harness.console import Console
    from harness.image import build

    build.ensure(Console())
    return IMAGE


@pytest.fixture(scope="module")
def stage(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, frozenset[str]]]:
    sandbox = Sandbox(tmp_path_factory.mktemp("leaks") / "home", image)
    try:
        empty = sandbox.inventory()["namespaces"]
        started = sandbox.icebox("start", "--box", LIVING)
        assert started.code == 0, started.output
        wrote = sandbox.icebox("ssh", "--box", LIVING, "--as", "student01", "ui", f"echo '{MEMO}' > memo")
        assert wrote.code == 0, wrote.output
        new = sandbox.inventory()["namespaces"] - empty
        yield sandbox, frozenset(name for name in new if name.startswith("pid:"))
    finally:
        sandbox.icebox("stop", "--destroy", "--box", LIVING)
        sandbox.close()


@pytest.fixture
def scene(stage: tuple[Sandbox, frozenset[str]]) -> Iterator[Scene]:
    """The living box and nothing else; after the test it must be the same."""
    sandbox, living = stage
    made = Scene(sandbox, sandbox.inventory(living), living)
    yield made
    left = made.left()
    well = made.living_is_well()
    if left:
        sandbox.icebox("ledger", "clean")
    assert not left
    assert well
