"""One set-up at a time on a machine."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.deadline import Deadline
from harness.errors import HostError
from harness.setup import holders

LOCK = "setup.lock"


PATIENCE = 3600.0
"""Seconds: a set-up takes minutes, on a slow network more."""
PAUSE = 0.2


@contextmanager
def locked(home: Path, waiting: Callable[[str], None], patience: float = PATIENCE) -> Iterator[int]:
    """Hold the set-up's lock; gives its descriptor.  If others hold it, ``waiting`` is told who they are.

    Installers inherit the descriptor, so the lock is free only when the last of them has ended, even if
    icebox itself was killed.  Raises HostError that names who holds it when ``patience`` is over.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / LOCK).open("a")
    except OSError as error:
        raise HostError(
            "can't write to the state directory",
            where=str(home),
            why=error.strerror or str(error),
            remedy="run icebox as root, or set ICEBOX_HOME to a directory of yours",
        ) from error
    with file:
        _take(file.fileno(), home / LOCK, waiting, Deadline(patience))
        yield file.fileno()


def _take(handle: int, path: Path, waiting: Callable[[str], None], deadline: Deadline) -> None:
    told = ""
    while not _taken(handle):
        who = holders.of_file(handle)
        if who and who != told:
            waiting(who)
            told = who
        if deadline.expired:
            raise HostError(
                "another set-up of this machine does not end",
                where=str(path),
                why=f"{who or 'another container'} still holds it after {deadline.seconds:.0f} s",
                remedy="let it end, or end it, then run the same command again",
            )
        time.sleep(PAUSE)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
