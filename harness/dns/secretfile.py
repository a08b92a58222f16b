"""Secrets in files: never on a command line, never readable by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import givenfile
from harness.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 1 << 14
"""Bytes: a key or a password has a line or five."""


def read(path: Path, what: str) -> str:
    """The text of ``path``, without blanks around it.

    Raises InputError if it can't be read, is empty, or is open to anyone but its owner.
    """
    name = f"the file with {what}"
    text = givenfile.read(path, name, remedy="write it there", most=LONGEST, secret=True).strip()
    if not text:
        raise InputError(f"{name} is empty", where=str(path), remedy="write it there")
    return text
