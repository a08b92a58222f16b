"""Secrets in files: never on a command line, never readable by others."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from harness.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, what: str) -> str:
    """The text of ``path``, without blanks around it.

    Raises InputError if it can't be read, is empty, or is open to anyone but its owner.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the file with {what} can't be read", where=str(path), why=str(error), remedy="write it there"
        ) from error
    if mode & 0o077:
        raise InputError(
            f"others can read the file with {what}",
            where=str(path),
            why=f"its mode is {mode:04o}",
            remedy=f"chmod 600 {path}",
        )
    if not text:
        raise InputError(f"the file with {what} is empty", where=str(path), remedy="write it there")
    return text
