"""One set-up at a time on a machine."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import HostError

LOCK = "setup.lock"


@contextmanager
def locked(home: Path, waiting: Callable[[], None]) -> Iterator[int]:
    """Hold the set-up's lock; gives its descriptor.  ``waiting`` is called if another holds it.

    Installers inherit the descriptor, so the lock is free only when the last of them has ended, even if
    icebox itself was killed.
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
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
