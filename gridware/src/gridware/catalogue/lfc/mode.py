"""Modes as chmod takes them."""

from __future__ import annotations

from gridware.catalogue.errors import DataError
from gridware.pattern import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_CLAUSE = pattern(r"([ugoa]*)([-+=])([rwxX]*)")
_OCTAL = pattern(r"[0-7]{1,4}")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}


def changed(text: str, mode: int, *, directory: bool) -> int:
    """``mode`` changed by ``755`` or ``u+rw,go-w``; raises DataError for anything else."""
    if _OCTAL.fullmatch(text):
        return int(text, 8) & 0o777
    for clause in text.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            raise DataError("EINVAL", text, "this is no mode")
        mode = _apply(match, mode, directory=directory)
    return mode


def _apply(match: re.Match[str], mode: int, *, directory: bool) -> int:
    who, sign, letters = match.groups()
    bits = sum(_BITS[letter] for letter in set(letters) & set(_BITS))
    if "X" in letters and (directory or mode & 0o111):
        bits |= 1
    for letter in "ugo" if "a" in who or not who else set(who):
        shift = _SHIFTS[letter]
        if sign == "=":
            mode = mode & ~(7 << shift) | bits << shift
        elif sign == "+":
            mode |= bits << shift
        else:
            mode &= ~(bits << shift)
    return mode
