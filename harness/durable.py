"""Files that are there whole or not at all, whatever is killed, and that stay when the power goes.

What is renamed is not on the disk yet: first the file has to be (fsync(2)), then the directory that names it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from harness import tool
from harness.deadline import Deadline
from harness.errors import HostError, WaitError

PARTIAL = ".{}.new"
"""What a file is called while it is written, beside the one whose place it takes."""
FULL = (errno.ENOSPC, errno.EDQUOT)
PATIENCE = 60.0
"""Seconds for another process that writes the same file; on a busy disk that takes less than one."""
PAUSE = 0.005


class UnwritableError(HostError):
    """The system would not write: a disk that is full, read-only or broken, or a directory of others'."""

    def __init__(self, path: Path, error: OSError) -> None:
        what, remedy = "it can't be written", "see that the disk has room and can be written"
        if error.errno in FULL:
            what = "the disk ran full"
            remedy = "free some space, or set ICEBOX_HOME to a directory on a larger disk"
        elif isinstance(error, PermissionError) and os.geteuid() != 0:
            what, remedy = "this needs root", "run it as root, or with sudo"
        why = error.strerror or str(error)
        super().__init__(what, where=str(path), why=why, remedy=remedy)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in plain words what kept ``path`` from being written; raises UnwritableError."""
    try:
        yield
    except OSError as error:
        raise UnwritableError(path, error) from error


def write(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Have the file hold just that; a link to it stays one.  Raises UnwritableError, and it is as it was.

    Without a ``mode`` it has owner and mode of the one before, or root's 0644.
    """
    path, partial = Path(os.path.realpath(path)), partial_of(path)
    with writing(path), _alone(partial) as handle:
        try:
            _fill(handle, content.encode() if isinstance(content, str) else content)
            _give(handle, path, mode)
            os.fsync(handle)
            partial.replace(path)
        except BaseException:
            if is_at(handle, partial):
                partial.unlink()
            raise
        _sync(path.parent)


def partial_of(path: Path) -> Path:
    """What is written first, beside the file: whoever is killed meanwhile leaves it to the next writer."""
    path = Path(os.path.realpath(path))
    return path.with_name(PARTIAL.format(path.name))


def forget(path: Path) -> None:
    """Remove what a killed writer has left beside a file that nobody writes any more."""
    partial_of(path).unlink(missing_ok=True)


def place(partial: Path, path: Path) -> None:
    """Have a finished file, or a directory, be called ``path`` from now on; raises UnwritableError."""
    with writing(path):
        _sync(partial)
        partial.replace(path)
        _sync(path.parent)


def sync(path: Path) -> None:
    """Have what was written into a file or device, or the names in a directory, survive a power loss.

    Raises UnwritableError.
    """
    with writing(path):
        _sync(path)


def sync_all(path: Path) -> None:
    """The same of all of the file system that ``path`` is on; raises HostError."""
    remedy = "see that the disk has room and can be written"
    failed = HostError("what was written is not on the disk", where=str(path), remedy=remedy)
    tool.said(["sync", "--file-system", "--", str(path)], failed)


def is_at(handle: int, path: Path) -> bool:
    """Whether ``path`` still leads to the open file."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _alone(partial: Path) -> Iterator[int]:
    """The empty file, held: one writer at a time, and one that was killed leaves it to the next."""
    deadline = Deadline(PATIENCE)
    while (handle := _taken(partial)) is None:
        if deadline.expired:
            raise WaitError(
                "another process does not come to an end of writing it",
                where=str(partial),
                why=f"waited {deadline.passed:.1f} s",
            )
        time.sleep(PAUSE)
    try:
        os.ftruncate(handle, 0)
        os.fchmod(handle, 0o600)
        yield handle
    finally:
        os.close(handle)


def _taken(partial: Path) -> int | None:
    """The file, open and held; None if another one writes it, or gave it its own name meanwhile."""
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_at(handle, partial):
            return handle
    os.close(handle)
    return None


def _fill(handle: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


def _give(handle: int, path: Path, mode: int | None) -> None:
    """Owner and mode."""
    if mode is None and path.exists():
        before = path.stat()
        os.fchown(handle, before.st_uid, before.st_gid)
        mode = before.st_mode & 0o7777
    os.fchmod(handle, 0o644 if mode is None else mode)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
