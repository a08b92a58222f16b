"""Errors as the edg-gridftp-* commands print them: one line each."""

from __future__ import annotations

from gridware.pattern import pattern

_SERVER = "the server responded with an error"
# Globus prints the source file of an OpenSSL error from memory that OpenSSL may have freed.
_SOURCE = pattern(r"^OpenSSL Error: .*?:\d+: in library:")
_ABSENT = pattern(r"(?i)PATH_NOT_FOUND|No such file or directory|not a plain file|not found")


def one_line(text: str) -> str:
    """``error <reason>``; an answer of the server is announced in the words of the original commands."""
    lines = [
        _SOURCE.sub("OpenSSL Error: in library:", line.strip()) for line in text.splitlines() if line.strip()
    ]
    if lines and lines[0].endswith(_SERVER):
        return " ".join(["error the server sent an error response:", *lines[1:]])
    return "error " + "; ".join(lines)


def means_absent(text: str) -> bool:
    """True if the server said that there is nothing at that path, rather than refused or failed."""
    return _SERVER in text and _ABSENT.search(text) is not None
