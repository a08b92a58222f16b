"""What PBS knows of a job and Slurm does not: kept in the job's comment as ``pbs:key=value;key=value``."""

from __future__ import annotations

MARK = "pbs:"
LONGEST = 1000
"""Slurm refuses a comment of more than 1024 bytes."""
SPARED = ("submit_args", "Variable_List", "Mail_Users")
"""Notes that are only for people to read: left out, in this order, where a comment would be too long."""
CUT = "cut"
"""A note that says so; the batch script has them all."""
_ESCAPES = {"%": "%25", ";": "%3B", " ": "%20", "\t": "%09", "\n": "%0A", "\r": "%0D", "|": "%7C"}


def write(notes: dict[str, str]) -> str:
    """A comment without blanks, so that it is one word in Slurm's records."""
    kept = {key: value for key, value in notes.items() if value}
    for name in ("", *SPARED):
        if kept.pop(name, None):
            kept[CUT] = "y"
        text = MARK + ";".join(f"{key}={escape(value)}" for key, value in kept.items())
        if len(text.encode(errors="surrogateescape")) <= LONGEST:
            break
    return text


def read(comment: str) -> dict[str, str]:
    """The notes of a comment; none if qsub did not write it."""
    if not comment.startswith(MARK):
        return {}
    pairs = (item.partition("=") for item in comment.removeprefix(MARK).split(";"))
    return {key: unescape(value) for key, _, value in pairs if key}


def escape(text: str) -> str:
    """Text as one word of one line."""
    return "".join(_ESCAPES.get(char, char) for char in text)


def unescape(text: str) -> str:
    """What was escaped."""
    for char, escaped in reversed(_ESCAPES.items()):  # the sign of escapes itself last
        text = text.replace(escaped, char)
    return text
