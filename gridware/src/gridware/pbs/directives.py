"""``#PBS`` lines of a job script (qsub(1B), "Script Processing")."""

from __future__ import annotations

from gridware.pbs.errors import PbsError


def words(script: str, prefix: str) -> list[str]:
    """The arguments that a script's directives add to the command line.

    A directive starts with the prefix at the first non-blank character. The search ends at the first line
    that is neither blank nor a comment; a first line ``#!…`` or ``:`` is passed over. An empty prefix:
    no directives.
    """
    found: list[str] = []
    for number, line in enumerate(script.splitlines()):
        text = line.strip()
        if prefix and text.startswith(prefix):
            found += split(text.removeprefix(prefix))
        elif text and not text.startswith("#") and not (number == 0 and text.startswith(":")):
            break
    return found


def split(text: str) -> list[str]:
    """Words of a directive: quotes hold blanks together, a word that starts with ``#`` ends it."""
    found: list[str] = []
    word: str | None = None
    quote = ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
            word = (word or "") + ("" if not quote else char)
        elif char in "\"'":
            quote, word = char, word or ""
        elif char.isspace():
            found += [] if word is None else [word]
            word = None
        elif char == "#" and word is None:
            break
        else:
            word = (word or "") + char
    if quote:
        raise PbsError(f"directive error: {text.strip()}")
    return found if word is None else [*found, word]
