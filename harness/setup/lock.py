"""One set-up at a time on a machine."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.deadline import Deadline
from harness.errors import HostError
from harness.setup import holders
from harness.setup.holders import HeldLock

LOCK = "setup.lock"
PATIENCE = 3600.0
"""Seconds: a set-up takes minutes, on a slow network more."""


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
        holders.outlast(
            "another set-up of this machine does not end",
            lambda: _held(file.fileno(), home / LOCK),
            lambda found: waiting(found.who),
            Deadline(patience),
        )
        yield file.fileno()


def _held(handle: int, path: Path) -> HeldLock | None:
    """Take the lock and return None, or say who has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return HeldLock(path, holders.of_file(handle))
    return None
