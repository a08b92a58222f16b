"""The lock of an open file, which the kernel takes back when the last process that has it open ends."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from harness.deadline import wait_for

PAUSE = 0.005
Open = IO[str] | IO[bytes] | int


def take(file: Open, what: str, seconds: float, path: Path, pause: float = PAUSE) -> None:
    """Have the lock of ``path``, which is open as ``file``; ``what`` says who has to let go of it.

    Raises WaitError if that one does not in so many seconds.
    """

    def taken() -> bool:
        # A lock that is another's is an OSError: not yet.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True

    wait_for(what, taken, seconds, where=str(path), pause=pause)
