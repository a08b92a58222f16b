"""A sandbox with a living box in it, which all deaths beside it must leave alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.integration.leaks.sandbox import PREFIX, Sandbox, settled

LIVING = f"{PREFIX}living"
MEMO = "what a student stored"


@dataclass(frozen=True)
class Scene:
    """A sandbox, what was in it before the test, and the living box's process namespaces."""

    sandbox: Sandbox
    before: dict[str, frozenset[str]]
    living: frozenset[str]

    def left(self) -> dict[str, object]:
        """What a test added to the sandbox or took from it."""
        return settled(self.sandbox, self.before, self.living)


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, frozenset[str]]]:
    """With the living box's process namespaces; in the end it serves its student as before."""
    sandbox = Sandbox(tmp_path_factory.mktemp("leaks") / "home")
    try:
        empty = sandbox.inventory()["namespaces"]
        started = sandbox.icebox("start", "--box", LIVING)
        assert started.code == 0, started.output
        wrote = sandbox.icebox("ssh", "--box", LIVING, "--as", "student01", "ui", f"echo '{MEMO}' > memo")
        assert wrote.code == 0, wrote.output
        new = sandbox.inventory()["namespaces"] - empty
        yield sandbox, frozenset(name for name in new if name.startswith("pid:"))
        read = sandbox.icebox("ssh", "--box", LIVING, "--as", "student01", "ui", "cat", "memo")
        assert (read.code, read.output.strip()) == (0, MEMO)
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
    if left:
        sandbox.icebox("ledger", "clean")
    assert not left
