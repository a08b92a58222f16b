"""GLUE 1.3 records as they are read: of which kind each is, and which belong to which."""

from __future__ import annotations

from collections.abc import Iterable

from gridware.ldif import Entry


class Records:
    """Entries of an information system, by their object classes."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._of: dict[str, list[Entry]] = {}
        for entry in entries:
            for kind in entry.all("objectClass"):
                self._of.setdefault(kind.lower(), []).append(entry)

    def of(self, kind: str) -> list[Entry]:
        """Entries of an object class, in the server's order."""
        return self._of.get(kind.lower(), [])

    def one(self, kind: str, identifier: str) -> Entry | None:
        """The record with this ``<kind>UniqueID``."""
        return next((each for each in self.of(kind) if each.one(f"{kind}UniqueID") == identifier), None)

    def below(self, kind: str, owner: str, identifier: str) -> list[Entry]:
        """Records that belong to the ``owner`` of this id, by ``GlueChunkKey``."""
        return [each for each in self.of(kind) if each.key("GlueChunkKey", f"{owner}UniqueID") == identifier]


def is_a(entry: Entry, kind: str) -> bool:
    """Whether an entry is of an object class."""
    return kind.lower() in map(str.lower, entry.all("objectClass"))


def rules_of(vo: str) -> frozenset[str]:
    """The access rules that let a VO in; none if there is no VO.

    ``vo`` is a name, ``VO:name``, or ``VOMS:`` with an FQAN.
    """
    if not vo:
        return frozenset()
    return frozenset([vo]) if vo.startswith(("VO:", "VOMS:")) else frozenset([f"VO:{vo}", vo])
