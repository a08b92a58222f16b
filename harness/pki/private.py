"""A directory for secrets: only its owner can enter it, and its files appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness import durable, filelock
from harness.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCKED = 120.0
"""Seconds to wait for another process that writes keys; to make one takes less than a second."""


class PrivateDirectory:
    """Mode 0700 with files of mode 0600, safe against a kill or power loss at any moment."""

    def __init__(self, path: Path) -> None:
        """Make the directory if needed; raises HostError when it can't be made."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.chmod(0o700)
        except OSError as error:
            raise HostError("can't make a directory for secrets", where=str(path), why=str(error)) from error

    def names(self, prefix: str) -> list[str]:
        """Names of the files kept here that start with ``prefix``, sorted."""
        return sorted(entry.name for entry in os.scandir(self.path) if entry.name.startswith(prefix))

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> Path:
        """Put a file in place whole; to be called with the lock held.  Raises HostError."""
        durable.write(self.path / name, content, 0o600)
        return self.path / name

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from writing here; the lock ends with its process.

        Whoever holds it may remove half-written files: their writers are dead.  Raises WaitError.
        """
        path = self.path / ".lock"
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as lock:
            filelock.take(lock, "another process to let go of the keys", LOCKED, path)
            for leftover in self.path.glob(durable.PARTIAL.format("*")):
                leftover.unlink()
            yield
