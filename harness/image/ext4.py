"""File systems in a file, made without being mounted: sparse, so no larger on the disk than what is in them.

A block device in the place of the file keeps its own size, and is filled in the same way.

Source: mke2fs(8), whose -d fills a file system from a directory with owners, modes and extended attributes.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.errors import HostError

ROOM, SPARE = 1.1, 32 << 20
"""A filled one has so much more than its files take, and so many bytes beside, for its own tables."""
SPARE_INODES = 64
BLOCK = 4096
JOURNAL = "^has_journal"
"""What is never written needs none."""


def fill(path: Path, tree: Path, least: int = 0) -> None:
    """Make ``path`` a file system that has what is in ``tree``, to be read only, of ``least`` bytes or more.

    Raises HostError.
    """
    taken, inodes = _measured(tree)
    words = ["-O", JOURNAL, "-N", str(inodes + SPARE_INODES), "-d", str(tree)]
    _make(path, max(least, int(taken * ROOM) + SPARE), *words)


def empty(path: Path, size: int) -> None:
    """Make ``path`` an empty file system of ``size`` bytes; raises HostError."""
    _make(path, size, "-m", "0")


def swap(path: Path, size: int) -> None:
    """Make ``path`` a swap area of ``size`` bytes; raises HostError."""
    _sparse(path, size)
    _run(["mkswap", str(path)], path)


def _make(path: Path, size: int, *words: str) -> None:
    _sparse(path, size)
    _run(
        ["mke2fs", "-q", "-F", "-t", "ext4", "-b", str(BLOCK), "-E", "root_owner=0:0", *words, str(path)],
        path,
    )


def _sparse(path: Path, size: int) -> None:
    if path.is_block_device():
        return
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.truncate(-(-size // BLOCK) * BLOCK)


def _measured(tree: Path) -> tuple[int, int]:
    """Bytes and inodes that a tree takes."""
    taken, inodes = 0, 0
    for top, directories, names in os.walk(tree):
        for name in (*directories, *names):
            inodes += 1
            taken += os.lstat(os.path.join(top, name)).st_size + BLOCK
    return taken, inodes


def _run(words: list[str], path: Path) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        if not path.is_block_device():
            path.unlink(missing_ok=True)
        raise HostError(
            "a disk could not be made",
            where=str(path),
            why=done.stderr.strip(),
            remedy="free some space, or set ICEBOX_HOME to a directory on a larger disk",
        )
