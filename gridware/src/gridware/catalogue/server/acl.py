"""Access control lists as the LFC had them (POSIX 1003.1e): beside the mode, entries for users and groups.

In text an entry is ``[default:]user|group|mask|other:[NAME]:rwx``; a user's name is a DN, a group's an FQAN
without its first slash. Permissions are also taken as a digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gridware.catalogue.server.errors import CatalogueError

_KINDS = ("user", "group", "mask", "other")
_SHORT = {"u": "user", "g": "group", "m": "mask", "o": "other"}
_SHIFT = {"user": 6, "group": 3, "other": 0}


@dataclass(frozen=True)
class Entry:
    """One entry; ``name`` is empty for the owner, the owning group, the mask and the others."""

    kind: str
    name: str
    bits: int
    default: bool = False

    @property
    def key(self) -> tuple[bool, str, str]:
        return self.default, self.kind, self.name

    @property
    def text(self) -> str:
        return f"{'default:' * self.default}{self.kind}:{self.name}:{rwx(self.bits)}"


@dataclass(frozen=True)
class Acl:
    """Permission bits of the mode, and the entries they can't express."""

    mode: int
    extra: tuple[Entry, ...] = ()

    @classmethod
    def stored(cls, mode: int, text: str) -> Acl:
        return cls(mode, tuple(parse(line) for line in text.splitlines()))

    @property
    def text(self) -> str:
        """How ``extra`` is stored."""
        return "\n".join(entry.text for entry in self.extra)

    @property
    def entries(self) -> list[Entry]:
        """All entries in the order of lfc-getacl."""
        base = [Entry(kind, "", self.mode >> shift & 7) for kind, shift in _SHIFT.items()]
        return sorted(
            [*base, *self.extra], key=lambda entry: (entry.default, _KINDS.index(entry.kind), entry.name)
        )

    @property
    def mask(self) -> int:
        found = (entry.bits for entry in self.extra if entry.kind == "mask" and not entry.default)
        return next(found, 7)

    def changed(self, entry: Entry) -> Acl:
        """With an entry added, or put in the place of the one for the same."""
        if not entry.default and not entry.name and entry.kind in _SHIFT:
            shift = _SHIFT[entry.kind]
            return replace(self, mode=self.mode & ~(7 << shift) | entry.bits << shift)
        return replace(self, extra=(*(old for old in self.extra if old.key != entry.key), entry))

    def without(self, entry: Entry) -> Acl:
        """Raises CatalogueError for an entry that every list must have."""
        if not entry.default and not entry.name and entry.kind in _SHIFT:
            raise CatalogueError(
                "EINVAL", entry.text, "the owner, the group and the others always have an entry"
            )
        return replace(self, extra=tuple(old for old in self.extra if old.key != entry.key))

    def inherited(self, mode: int, *, directory: bool) -> Acl:
        """What a new entry in a directory with this list begins with."""
        made = Acl(mode)
        for entry in (entry for entry in self.extra if entry.default):
            made = made.changed(replace(entry, default=False))
            if directory:
                made = made.changed(entry)
        return made if directory else replace(made, mode=made.mode & ~0o111)


def parse(text: str) -> Entry:
    """Raises CatalogueError for what is no entry."""
    fields = text.strip()
    default = fields.startswith(("default:", "d:"))
    if default:
        fields = fields.partition(":")[2]
    kind, _, rest = fields.partition(":")
    name, _, bits = rest.rpartition(":")
    kind = _SHORT.get(kind, kind)
    if kind not in _KINDS or "\n" in name or (name and kind in ("mask", "other")):
        raise CatalogueError("EINVAL", text, "an entry is user|group|mask|other:[NAME]:rwx")
    return Entry(kind, name, _bits(bits, text), default)


def rwx(bits: int) -> str:
    """``5`` is ``r-x``."""
    return "".join(letter if bits & value else "-" for letter, value in (("r", 4), ("w", 2), ("x", 1)))


def _bits(word: str, text: str) -> int:
    if len(word) == 1 and word in "01234567":
        return int(word)
    bits = sum({"r": 4, "w": 2, "x": 1}.get(letter, 0) for letter in set(word))
    if not word or set(word) - set("rwx-"):
        raise CatalogueError("EINVAL", text, "permissions are letters of rwx, or a digit")
    return bits
