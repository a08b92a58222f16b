"""Keys of image builds: the same inputs give the same key, anything else another."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import HarnessError


def of(texts: Iterable[str], paths: Iterable[Path]) -> str:
    """16 hex digits over ``texts`` and over name, kind, mode and content of everything below ``paths``."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    for top in paths:
        _add(digest, str(top), top.name)
    return digest.hexdigest()[:16]


@contextmanager
def steady() -> Iterator[None]:
    """Around reading source files: raises HarnessError where one is gone between listing and reading."""
    try:
        yield
    except FileNotFoundError as error:
        raise HarnessError(
            "a file of the image's sources is gone while they are read",
            where=str(error.filename),
            why="somebody is changing files below box/",
            remedy="run the same command again, once they are at rest",
        ) from None


LITTER = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
"""What tools leave in a source tree; never part of an image."""


def is_litter(path: Path) -> bool:
    """Whether a path is no input of the image: what a tool left in the source tree."""
    return not LITTER.isdisjoint(path.parts)


def _add(digest: hashlib._Hash, path: str, name: str) -> None:
    """Names, not Paths: each start looks at some five hundred files."""
    if os.path.basename(path) in LITTER:
        return
    digest.update(name.encode() + b"\0")
    if os.path.islink(path):
        digest.update(b"link" + os.readlink(path).encode())
    elif os.path.isdir(path):
        for each in sorted(os.listdir(path)):
            _add(digest, f"{path}/{each}", f"{name}/{each}")
    elif os.path.isfile(path):
        digest.update(b"x" if os.access(path, os.X_OK) else b"-")
        with open(path, "rb") as file:
            digest.update(file.read())
