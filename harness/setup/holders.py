"""Who holds a lock of this machine, in words for a person who waits for it; and waiting until nobody does."""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from harness.deadline import Deadline
from harness.errors import HostError

PAUSE = 0.2
"""Seconds between two looks."""
PROC = Path("/proc")
FLOCK = "hhqqi0q"
"""struct flock of fcntl(2) on 64-bit Linux: type, whence, start, length, process."""


class HeldLock(NamedTuple):
    """A lock that somebody holds; ``who`` is empty where that can't be seen from here."""

    lock: Path
    who: str


def outlast(
    what: str, held: Callable[[], HeldLock | None], waiting: Callable[[HeldLock], None], deadline: Deadline
) -> None:
    """Return once nobody holds the lock; ``waiting`` is told of each who does.

    Raises HostError, which begins with ``what`` and names the holder, at the deadline.
    """
    told = ""
    while (found := held()) is not None:
        if found.who and found.who != told:
            waiting(found)
            told = found.who
        if deadline.expired:
            raise HostError(
                what,
                where=str(found.lock),
                why=f"{found.who or 'another container'} still holds it after {deadline.seconds:.0f} s",
                remedy="let it end, or end it, then run the same command again",
            )
        time.sleep(PAUSE)


def of_record(path: Path) -> str:
    """Who has a record lock on the file (fcntl(2), as dpkg and apt take); empty if nobody or no file."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, *_, number = struct.unpack(FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    finally:
        os.close(handle)
    return "" if kind == fcntl.F_UNLCK else named(number)


def of_file(handle: int) -> str:
    """Whoever else has the file open, as all do that share a lock of flock(2) on it; empty if nobody."""
    wanted = os.fstat(handle)
    return ", ".join(named(pid) for pid in _with_open(wanted.st_dev, wanted.st_ino))


def named(pid: int) -> str:
    """A process in words."""
    try:
        name = (PROC / str(pid) / "comm").read_text(errors="replace").strip()
    except OSError:
        name = "another program"
    return f"{name} (process {pid})" if pid > 0 else "a program of another container"


def _with_open(device: int, inode: int) -> Iterator[int]:
    for process in sorted(PROC.glob("[0-9]*"), key=lambda path: int(path.name)):
        if int(process.name) != os.getpid() and _has_open(process, device, inode):
            yield int(process.name)


def _has_open(process: Path, device: int, inode: int) -> bool:
    try:
        for link in (process / "fd").iterdir():
            found = link.stat()
            if (found.st_dev, found.st_ino) == (device, inode):
                return True
    except OSError:  # it ended, or is somebody else's
        return False
    return False
