"""Programs of this machine: what one prints, or the error that its end means."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from harness.errors import HostError, IceboxError

LAST = 2000
"""Characters of what a program says last: an error repeats no more."""


class Run(Protocol):
    """Runs a program and returns what it prints; raises HostError if it ends with no code among ``well``."""

    def __call__(self, *words: str, well: tuple[int, ...] = (0,), typed: str = "") -> str: ...


def said(
    words: Sequence[str],
    failed: IceboxError,
    *,
    well: tuple[int, ...] = (0,),
    typed: str = "",
    where: Path | None = None,
    seconds: float | None = None,
) -> str:
    """What a program prints, which reads what is ``typed`` and stands in ``where``.

    If it is not there, ends with no code among ``well``, or not within so many seconds, it raises ``failed``,
    and says why by the program's own last words.
    """
    try:
        done = subprocess.run(
            words, input=typed, cwd=where, timeout=seconds, capture_output=True, text=True, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        failed.why = str(error)
        raise failed from None
    if done.returncode not in well:
        last = (done.stderr or done.stdout).strip()[-LAST:]
        failed.why = last or f"`{words[0]}` ended with exit code {done.returncode}"
        raise failed
    return done.stdout


def failing_as(what: str, remedy: str) -> Run:
    """What runs tools of one purpose, and raises this error, with the last word as where, if one fails."""

    def run(*words: str, well: tuple[int, ...] = (0,), typed: str = "") -> str:
        return said(words, HostError(what, where=words[-1], remedy=remedy), well=well, typed=typed)

    return run
