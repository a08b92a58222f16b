"""Where a machine is made: a directory on disk that is gone afterwards, however the run ends."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.deadline import wait_for
from harness.errors import HostError

TOP = Path("/var/tmp")
"""On disk: /tmp lies in memory on Debian 13."""
NEEDED = 6_000_000_000
"""Bytes of one machine: its root file system as files (twice 1.7 GB while it is set up), then in a disk."""
REMOVING = 120.0
"""Seconds: what was killed just now may still write."""


@contextmanager
def place(name: str) -> Iterator[Path]:
    """An empty directory of a fixed name, so that a run finds and removes what a killed one left.

    Raises HostError if another run is in it, or the disk is too full.
    """
    path = TOP / f"icebox-machine-{name}"
    with _locked(path):
        try:
            _empty(path)
            _require_space()
            yield path
        finally:
            wait_for(f"{path} to be removed", lambda: _removed(path), REMOVING)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.mkdir(mode=0o700, exist_ok=True)
    holder = os.open(path, os.O_RDONLY)
    try:
        _lock(holder, path)
        yield
    finally:
        os.close(holder)


def _lock(holder: int, path: Path) -> None:
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise HostError(
            "another run is at work here", where=str(path), remedy="wait until it ends"
        ) from error


def _require_space() -> None:
    free = shutil.disk_usage(TOP).free
    if free < NEEDED:
        raise HostError(
            "not enough disk space for a machine",
            where=str(TOP),
            why=f"{free // 1_000_000} MB free, {NEEDED // 1_000_000} MB needed",
            remedy="free some space",
        )


def _empty(path: Path) -> None:
    for left in path.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _removed(path: Path) -> bool:
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()
