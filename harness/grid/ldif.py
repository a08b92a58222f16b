"""LDIF as ldapsearch prints it (RFC 2849): folded lines, values in base64, comments."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from harness.grid.errors import UnexpectedOutput


@dataclass(frozen=True)
class Entry:
    """A record: its DN, and its attributes in the order printed; their names know no case."""

    dn: str
    attributes: tuple[tuple[str, str], ...]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of an attribute."""
        return tuple(value for key, value in self.attributes if key.lower() == name.lower())

    def one(self, name: str, default: str = "") -> str:
        """The first value of an attribute."""
        return next(iter(self.all(name)), default)

    def number(self, name: str) -> int:
        """A value that must be a whole number."""
        try:
            return int(self.one(name))
        except ValueError:
            raise UnexpectedOutput(f"a number for {name} of {self.dn}", self.one(name)) from None


def parse(text: str) -> tuple[Entry, ...]:
    """The records of ``text``; what has no DN, such as the closing result, is left out."""
    entries = []
    for block in _unfolded(text).split("\n\n"):
        pairs = [_pair(line, text) for line in block.splitlines() if line and not line.startswith("#")]
        if pairs and pairs[0][0].lower() == "version":
            pairs = pairs[1:]
        if pairs and pairs[0][0].lower() == "dn":
            entries.append(Entry(pairs[0][1], tuple(pairs[1:])))
    return tuple(entries)


def _unfolded(text: str) -> str:
    """A line that starts with a blank goes on with the one before."""
    return text.replace("\r\n", "\n").replace("\n ", "")


def _pair(line: str, text: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise UnexpectedOutput("LDIF lines such as `name: value`", text)
    if not value.startswith(":"):
        return name, value.strip()
    try:
        return name, base64.b64decode(value[1:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise UnexpectedOutput(f"base64 text for {name}", line) from None
