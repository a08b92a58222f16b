"""Package lists: one name a line, its reason behind ``#``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def parse(text: str) -> list[str]:
    """Names, in the order of the list, without comments and empty lines."""
    names = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [name for name in names if name]


def installed(status: Path) -> set[str]:
    """Names of the packages that dpkg's ``status`` file calls installed."""
    try:
        stanzas = status.read_bytes().split(b"\n\n")
    except OSError:
        return set()
    return {
        stanza.split(b"\n", 1)[0].removeprefix(b"Package: ").decode()
        for stanza in stanzas
        if b"\nStatus: install ok installed\n" in stanza + b"\n"
    }


def missing(wanted: Iterable[str], status: Path) -> list[str]:
    present = installed(status)
    return [name for name in wanted if name not in present]
