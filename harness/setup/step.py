"""A step of the set-up, as data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.setup.shell import Shell

COMPLETE = ".complete"


@dataclass(frozen=True)
class Step:
    """One thing that this machine must have.

    ``ready`` costs milliseconds, installs nothing and needs no rights; ``lacking`` says in one line what will
    be installed; ``install`` may be called on whatever an interrupted one left behind.  ``after`` names the
    steps that must have ended before; ``space`` is in bytes.
    """

    name: str
    title: str
    ready: Callable[[], bool]
    lacking: Callable[[], str]
    install: Callable[[Shell], None]
    after: tuple[str, ...] = ()
    space: int = 0


def is_complete(directory: Path, proof: str) -> bool:
    """Whether ``fill`` once finished here and the file ``proof`` is still there."""
    return (directory / COMPLETE).exists() and (directory / proof).exists()


def fill(directory: Path, work: Callable[[], None]) -> None:
    """Empty ``directory``, let ``work`` fill it, and mark it as complete last.

    Not made elsewhere and renamed: a virtual environment holds its own path.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    work()
    (directory / COMPLETE).touch()
