"""Programs of this machine that make, mend or mount what a box's files lie on."""

from __future__ import annotations

import subprocess
from typing import Protocol

from harness.errors import HostError


class Run(Protocol):
    """Runs a program and returns what it prints; raises HostError if it ends with no code among ``well``."""

    def __call__(self, *words: str, well: tuple[int, ...] = (0,), typed: str = "") -> str: ...


def failing_as(error: HostError) -> Run:
    """What runs them, and raises this error, with where (the last word) and why, if one fails."""

    def run(*words: str, well: tuple[int, ...] = (0,), typed: str = "") -> str:
        done = subprocess.run(words, input=typed, capture_output=True, text=True)
        if done.returncode not in well:
            why = f"{words[0]}: {(done.stderr or done.stdout).strip()}"
            raise HostError(error.what, where=words[-1], why=why, remedy=error.remedy)
        return done.stdout

    return run
