"""What PBS knows of a job and Slurm does not: kept in the job's comment as ``pbs:key=value;key=value``."""

from __future__ import annotations

MARK = "pbs:"
_ESCAPES = {"%": "%25", ";": "%3B", " ": "%20", "\t": "%09", "\n": "%0A", "|": "%7C"}


def write(notes: dict[str, str]) -> str:
    """A comment without blanks, so that it is one word in Slurm's records."""
    return MARK + ";".join(f"{key}={_escape(value)}" for key, value in notes.items() if value)


def read(comment: str) -> dict[str, str]:
    """The notes of a comment; none if qsub did not write it."""
    if not comment.startswith(MARK):
        return {}
    pairs = (item.partition("=") for item in comment.removeprefix(MARK).split(";"))
    return {key: _unescape(value) for key, _, value in pairs if key}


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in text)


def _unescape(text: str) -> str:
    head, *rest = text.split("%")
    return head + "".join(chr(int(part[:2], 16)) + part[2:] for part in rest)
