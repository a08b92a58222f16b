"""LDIF (RFC 2849) as ``ldapsearch -LLL`` prints it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

from gridware.pattern import pattern

_NUMBER = pattern(r"\s*[+-]?\d+")


class Entry:
    """One LDAP entry; attribute names are found in any case."""

    def __init__(self, dn: str, attributes: Pairs) -> None:
        self.dn = dn
        self._values: dict[str, list[str]] = {}
        for name, value in attributes:
            self._values.setdefault(name.lower(), []).append(value)

    def all(self, name: str) -> list[str]:
        """Every value of an attribute, in the server's order."""
        return self._values.get(name.lower(), [])

    def one(self, name: str, default: str = "") -> str:
        """The first value of an attribute."""
        values = self.all(name)
        return values[0] if values else default

    def names(self) -> list[str]:
        """The attributes' names, in lower case."""
        return list(self._values)

    def number(self, name: str) -> int:
        """The whole number an attribute starts with; 0 if it has none, as C and Perl read it."""
        found = _NUMBER.match(self.one(name))
        return int(found[0]) if found else 0

    def key(self, name: str, kind: str) -> str:
        """What ``GlueChunkKey`` or ``GlueForeignKey`` (``name``) says after ``<kind>=``."""
        prefix = f"{kind}=".lower()
        found = (value for value in self.all(name) if value.lower().startswith(prefix))
        return next((value[len(prefix) :] for value in found), "")

    def __repr__(self) -> str:
        return f"Entry({self.dn!r})"


Pairs = list[tuple[str, str]]
"""Attribute names and values, in the server's order."""


def parse(text: str) -> list[Entry]:
    """The entries of an LDIF text."""
    return [Entry(dn, pairs) for dn, pairs in records(text)]


def records(text: str) -> Iterator[tuple[str, Pairs]]:
    """DN and attributes of each entry; comments and search references are left out."""
    for block in _blocks(text):
        pairs = [_pair(line) for line in block if not line.startswith("#")]
        if pairs and pairs[0][0].lower() == "dn":
            yield pairs[0][1], pairs[1:]


def _blocks(text: str) -> Iterator[list[str]]:
    """Unfolded lines, grouped by the blank lines between entries."""
    block: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and block:
            block[-1] += line[1:]
        elif line:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    if value.startswith(":"):
        return name, b64decode(value[1:]).decode("utf-8", "replace")
    return name, value.strip()
