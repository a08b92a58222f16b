"""Which numbers a node's accounts have on its dom0, where its root is nobody: a user namespace's map."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(r"\d+ \d+ \d+(,\d+ \d+ \d+)*")


@dataclass(frozen=True)
class Row:
    """So many numbers of a node's, from ``first`` on, are those from ``there`` on at the dom0."""

    first: int
    there: int
    count: int


@dataclass(frozen=True)
class Identities:
    """The rows of a map, root's first; none if a node's numbers are the dom0's own."""

    rows: tuple[Row, ...] = ()

    def __str__(self) -> str:
        """As ``layers.py`` takes it."""
        return ",".join(f"{row.first} {row.there} {row.count}" for row in self.rows)

    @classmethod
    def read(cls, text: str) -> Identities:
        """From such a text; none from any other."""
        rows = text.split(",") if _TEXT.fullmatch(text) else []
        return cls(tuple(Row(*map(int, row.split())) for row in rows))


HOSTS_OWN = Identities()
