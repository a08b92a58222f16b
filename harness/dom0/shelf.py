"""Where the drives lie that a box's machines have for themselves, if the site file names a place for them.

In a volume group each is a logical volume, as the original's were, in a directory each is a file.  They bear
the original's names, and the box's beside it.  What they hold outlives a run; they go when the box is
destroyed, and nothing beside them does: volumes bear a tag, and the directory a file with one in it.

It takes nothing but Python's own library: a laptop's harness does it at its remote dom0, too.
"""

from __future__ import annotations

import secrets
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness import durable, state
from harness.dom0 import lvm
from harness.errors import HostError, InputError
from harness.ledger import Entry, Ledger, Undo

VOLUME, DIRECTORY = "node-volume", "node-directory"
"""In the ledger, each with its ``tag``: a volume as ``GROUP/NAME``; a directory, with the ``names`` in it."""
INSTALLED = "installed"
"""The same of an installation's directory (``harness/install/record.py``)."""
MARK = ".icebox"
"""In the directory: its tag."""
OWN = "its own directory"
OWN_DISKS = ("scratch/*/scratch.img", "volume/scratch/*/scratch.img")
"""Where disks of machines lie in a box's own directory."""


@dataclass(frozen=True)
class Shelf(ABC):
    """A place for the drives of a box's machines; every method raises HostError or InputError."""

    box: str
    place: str
    """The volume group's name, or the path of the directory."""
    sizes: Mapping[str, int]
    """Bytes of each drive, by its name."""
    taken: Mapping[str, int]
    """How many of these it takes as a sparse file that nobody has written in."""
    KEY: ClassVar[str]
    """Of the site file's [disk]."""

    @property
    @abstractmethod
    def where(self) -> str:
        """In words."""

    @abstractmethod
    def path(self, name: str) -> Path:
        """Of a drive."""

    @abstractmethod
    def check(self, ledger: Ledger) -> None:
        """Raises for what keeps the drives from being made that are not there; nothing is made."""

    @abstractmethod
    def claim(self, ledger: Ledger) -> None:
        """Have a place for each drive, each in the ledger first; they are filled by ``DriveSet.lay``."""

    def words(self) -> Mapping[str, Any]:
        """As JSON has it."""
        return {
            "key": self.KEY,
            "box": self.box,
            "place": self.place,
            "sizes": dict(self.sizes),
            "taken": dict(self.taken),
        }

    def _gone(self, what: str) -> HostError:
        return HostError(
            f"disks of the box {self.box!r} are gone",
            where=self.where,
            why=what,
            remedy=f"bring them back; or, to begin anew, ./icebox stop --box {self.box} --destroy",
        )


class InGroup(Shelf):
    """Logical volumes of a group."""

    KEY: ClassVar[str] = "lvm"

    @property
    def where(self) -> str:
        return f"the volume group {self.place}"

    def path(self, name: str) -> Path:
        return lvm.device_of(self._key(name))

    def check(self, ledger: Ledger) -> None:
        lvm.check()
        self._room(ledger)

    def claim(self, ledger: Ledger) -> None:
        lvm.check()
        found, missing = self._room(ledger)
        tag = _tag()
        for name, size in self.sizes.items():
            key = self._key(name)
            if name in missing:
                ledger.intend(VOLUME, key, tag=tag)
                lvm.make_volume(key, found.extents(size), tag)
            else:
                lvm.activate(key)

    def _room(self, ledger: Ledger) -> tuple[lvm.Group, Mapping[str, int]]:
        """The group, and what is to be made in it."""
        own = {entry.key: entry.details["tag"] for entry in ledger.of_kind(VOLUME)}
        there = lvm.tags(self.place) if self.place in lvm.groups() else {}
        missing = {
            name: size
            for name, size in self.sizes.items()
            if own.get(self._key(name)) not in there.get(self._name(name), ())
        }
        if lost := [name for name in missing if self._name(name) not in there and _was_filled(self, name)]:
            raise self._gone(f"there is no volume {', '.join(map(self._key, lost))}")
        return lvm.check_room(self.place, {self._name(name): size for name, size in missing.items()}), missing

    def _name(self, name: str) -> str:
        return f"{self.box}.{name}"

    def _key(self, name: str) -> str:
        return f"{self.place}/{self._name(name)}"


class InDirectory(Shelf):
    """Image files in a directory of the box's below one that is there."""

    KEY: ClassVar[str] = "files"

    @property
    def where(self) -> str:
        return f"the directory {self._top}"

    @property
    def _top(self) -> Path:
        return Path(self.place) / self.box

    def path(self, name: str) -> Path:
        return self._top / name

    def check(self, ledger: Ledger) -> None:
        if not Path(self.place).is_dir():
            raise HostError(
                "there is no directory for the disks of the box's machines",
                where=self.place,
                remedy="make it, mount the disk that it is on, or name another one in disk.files",
            )
        entries = [entry for entry in ledger.of_kind(DIRECTORY) if entry.key == str(self._top)]
        is_own = any(tag_in(self._top) == entry.details["tag"] for entry in entries)
        if self._top.exists() and not is_own and not (entries and is_bare(self._top)):
            raise HostError(
                "there is a directory that this box has not made",
                where=str(self._top),
                why="it is left alone",
                remedy="move it away, or choose another name with --box NAME",
            )
        if lost := [name for name in self.sizes if not self.path(name).exists() and _was_filled(self, name)]:
            raise self._gone(f"there is no file {', '.join(lost)}")
        needed = sum(self.taken[name] for name in self.sizes if not self.path(name).exists())
        free = shutil.disk_usage(self.place).free
        if free < needed:
            raise lvm.lacking(self.place, needed, free, "free some, or name a directory on a larger disk")

    def claim(self, ledger: Ledger) -> None:
        self.check(ledger)
        before = [entry for entry in ledger.of_kind(DIRECTORY) if entry.key == str(self._top)]
        tag = before[0].details["tag"] if before else _tag()
        names = {*self.sizes, *(name for entry in before for name in entry.details["names"].split())}
        ledger.intend(DIRECTORY, str(self._top), tag=tag, names=" ".join(sorted(names)))
        try:
            with durable.writing(self._top):
                self._top.mkdir(exist_ok=True, mode=0o700)
            durable.write(self._top / MARK, f"{tag}\n")
        except durable.UnwritableError as error:
            raise HostError(
                "the directory for the disks of the box's machines can't be made",
                where=str(self._top),
                why=error.why,
                remedy="name a directory in disk.files that can be written in",
            ) from None


KINDS: Sequence[type[Shelf]] = (InGroup, InDirectory)


def of(words: Mapping[str, Any] | None) -> Shelf | None:
    """The shelf that ``words`` came from."""
    if words is None:
        return None
    kind = next(each for each in KINDS if words["key"] == each.KEY)
    return kind(words["box"], words["place"], words["sizes"], words["taken"])


def check(box: str, shelf: Shelf | None, ledger: Ledger) -> None:
    """Raises HostError or InputError for what keeps a box's machines from their drives there, or in the box's
    own directory; nothing is made."""
    refuse_moved(box, shelf.where if shelf else OWN, ledger)
    if shelf:
        shelf.check(ledger)


def claim(box: str, shelf: Shelf | None, ledger: Ledger) -> None:
    """Have a place for each drive that a box's machines are to have there."""
    refuse_moved(box, shelf.where if shelf else OWN, ledger)
    if shelf:
        shelf.claim(ledger)


def refuse_moved(box: str, where: str, ledger: Ledger) -> None:
    """Raises InputError if the machines of a box have their drives elsewhere than ``where``, in words."""
    if other := sorted({*_places(box, ledger)} - {where}):
        raise InputError(
            f"the disks of the box {box!r} are in {' and in '.join(other)}, and are not moved",
            where=f"box {box}",
            why=f"by its site file, or by ./icebox install, they would be in {where}",
            remedy=f"name another box with --box, or ./icebox stop --box {box} --destroy",
        )


def _places(box: str, ledger: Ledger) -> Iterator[str]:
    yield from (f"the volume group {entry.key.partition('/')[0]}" for entry in ledger.of_kind(VOLUME))
    yield from (f"the directory {entry.key}" for entry in ledger.of_kind(DIRECTORY))
    if any(any(state.box_dir(box).glob(pattern)) for pattern in OWN_DISKS):
        yield OWN


def directories(ledger: Ledger) -> list[str]:
    """Those that a box's dom0 has to show as they are, wherever they lie (``holder.sh``)."""
    entries = [*ledger.of_kind(DIRECTORY), *ledger.of_kind(INSTALLED)]
    return [entry.key for entry in entries if Path(entry.key).is_dir()]


def _was_filled(shelf: Shelf, name: str) -> bool:
    """Whether a machine of the box has had that drive."""
    links = (state.box_dir(shelf.box) / "drives").glob("*/*")
    return any(link.is_symlink() and link.readlink() == shelf.path(name) for link in links)


def _tag() -> str:
    return f"icebox.{secrets.token_hex(8)}"


def tag_in(top: Path) -> str:
    """That of a directory of ours; empty for one of others."""
    try:
        return (top / MARK).read_text().strip()
    except OSError:
        return ""


def is_bare(top: Path) -> bool:
    """Whether nothing is in a directory of ours, or a mark that a kill let nobody finish."""
    return not {*top.iterdir()} - {durable.partial_of(top / MARK)}


def undo_volume(entry: Entry) -> None:
    """Remove a volume that still bears its tag."""
    lvm.remove_volume(entry.key, entry.details["tag"])


def _undo_directory(entry: Entry) -> None:
    """What others put there stays, and the directory with it."""
    top = Path(entry.key)
    if tag_in(top) == entry.details["tag"]:
        for name in entry.details["names"].split():
            for each in (name, f"{name}.partial"):
                (top / each).unlink(missing_ok=True)
        (top / MARK).unlink()
    if top.is_dir() and is_bare(top):
        durable.forget(top / MARK)
        top.rmdir()


UNDO: Mapping[str, Undo] = {VOLUME: undo_volume, DIRECTORY: _undo_directory}
