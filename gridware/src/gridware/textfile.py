"""Files that people write: JDLs, configurations, lists of ids."""

from __future__ import annotations

import codecs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _typeshed import StrPath

MOST = 4_000_000
"""Bytes; a thousand nodes with long arguments are less, and a device has no end."""


def content(path: StrPath) -> bytes:
    """All of a file; raises OSError, and ValueError for more than MOST bytes."""
    with open(path, "rb") as file:
        raw = file.read(MOST + 1)
    if len(raw) > MOST:
        raise ValueError(f"more than {MOST // 1_000_000} MB")
    return raw


def read(path: StrPath) -> str:
    """The text of a file, in UTF-8 or as editors of Windows and of the time wrote it; lines end as here.

    Raises OSError, and ValueError for what is no text.
    """
    raw = content(path).removeprefix(codecs.BOM_UTF8)
    if b"\0" in raw:
        raise ValueError("not a text")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n")
