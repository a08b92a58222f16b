"""Where the drives of an installed box lie: in files of a directory, or in logical volumes."""

from __future__ import annotations

import os
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from harness import durable, state
from harness.dom0 import lvm
from harness.errors import HostError, InputError
from harness.install import partition, record
from harness.install.pieces import Piece
from harness.ledger import Ledger

UNFIT = frozenset(",:;\\'\"[]")
"""Signs in a path that xl's words for disks give a meaning (xl-disk-configuration(5))."""


class Store(ABC):
    """Drives by their names; every method raises HostError or InputError."""

    BLOCKS: ClassVar[bool]
    """Whether they are block devices."""

    @property
    @abstractmethod
    def directory(self) -> Path:
        """Of the kernel, what Xen is told, and the rest that is in files in any case."""

    @abstractmethod
    def path(self, name: str) -> Path:
        """Of a drive."""

    @abstractmethod
    def check(self, pieces: Sequence[Piece]) -> Sequence[str]:
        """What has to be asked before so many drives are made, as sentences; nothing is made."""

    @abstractmethod
    def deeds(self, pieces: Sequence[Piece]) -> Iterator[str]:
        """What would be made, a line each."""

    @abstractmethod
    def open(self, ledger: Ledger, tag: str) -> None:
        """Make what the drives are to lie in."""

    @abstractmethod
    def make(self, piece: Piece, ledger: Ledger, tag: str) -> None:
        """Make one, so that it can be filled beside others."""

    @abstractmethod
    def fill(self, piece: Piece) -> None:
        """Have in it what belongs there; when this returns, a power loss takes none of it."""


@dataclass(frozen=True)
class Files(Store):
    """Image files in a directory."""

    BLOCKS: ClassVar[bool] = False
    top: Path

    @property
    def directory(self) -> Path:
        return self.top

    def path(self, name: str) -> Path:
        return self.top / "images" / name

    def check(self, pieces: Sequence[Piece]) -> Sequence[str]:
        _check_directory(self.top, "--files")
        needed = sum(piece.taken for piece in pieces)
        free = shutil.disk_usage(_standing(self.top)).free
        if free < needed:
            raise lvm.lacking(str(self.top), needed, free, "free some, or name a directory on a larger disk")
        return ()

    def deeds(self, pieces: Sequence[Piece]) -> Iterator[str]:
        if not self.top.exists():
            yield f"make the directory {self.top}"
        for piece in pieces:
            yield f"make the file {self.path(piece.name)}{_size(piece)}"

    def open(self, ledger: Ledger, tag: str) -> None:  # noqa: ARG002
        self.path("").mkdir()

    def make(self, piece: Piece, ledger: Ledger, tag: str) -> None:
        """Nothing: what is in the directory is the installation's."""

    def fill(self, piece: Piece) -> None:
        partial = self.path(f"{piece.name}.partial")
        piece.fill(partial)
        partial.chmod(0o600)
        durable.place(partial, self.path(piece.name))


@dataclass(frozen=True)
class Volumes(Store):
    """Logical volumes of a group; of one that is made of ``device`` first, if that is given."""

    BLOCKS: ClassVar[bool] = True
    box: str
    group: str
    device: Path | None = None
    anyway: bool = False
    """Whether what is on the device may be overwritten."""

    @classmethod
    def at(cls, word: str, box: str, *, anyway: bool) -> Volumes:
        """The store that a person means by a partition's path or a group's name."""
        lvm.check()
        path = Path(word)
        if path.is_absolute() and path.is_block_device():
            return cls(box, f"gridbox_{box}", path, anyway)
        if word in lvm.groups():
            return cls(box, word)
        there_are = ", ".join(lvm.groups()) or "none"
        raise InputError(
            f"{word!r} is neither a partition nor a volume group of this machine",
            where="--lvm",
            why=f"volume groups: {there_are}",
            remedy="name a block device such as /dev/sdb1, or one of these groups",
        )

    @property
    def directory(self) -> Path:
        return state.home() / "installed" / self.box

    def path(self, name: str) -> Path:
        return lvm.device_of(f"{self.group}/{name}")

    def check(self, pieces: Sequence[Piece]) -> Sequence[str]:
        _check_directory(self.directory, "the state directory")
        if self.device:
            return self._check_device(pieces)
        lvm.check_room(self.group, {piece.name: piece.size for piece in pieces})
        return ()

    def _check_device(self, pieces: Sequence[Piece]) -> Sequence[str]:
        assert self.device
        if self.group in lvm.groups():
            raise HostError(
                f"there is a volume group {self.group} already, which this installation has not made",
                where="vgs",
                remedy=f"install into it (--lvm {self.group}), or choose another name with --box",
            )
        held = partition.check(self.device, anyway=self.anyway)
        size, extent = partition.size(self.device), lvm.EXTENT
        needed = sum(-(-piece.size // extent) * extent for piece in pieces) + lvm.HEAD
        if size < needed:
            raise lvm.lacking(str(self.device), needed, size, "name a larger partition")
        lost = f"it holds {held}, which is lost" if held else "it is empty"
        return [f"{self.device} becomes the volume group {self.group}; {lost}."]

    def deeds(self, pieces: Sequence[Piece]) -> Iterator[str]:
        if self.device:
            yield f"make the volume group {self.group} of {self.device}"
        for piece in pieces:
            yield f"make the logical volume {self.group}/{piece.name}{_size(piece)}"

    def open(self, ledger: Ledger, tag: str) -> None:
        if self.device:
            own = str(uuid.uuid4())
            identity = _of_lvm(own)
            ledger.intend(record.GROUP, self.group, tag=tag, uuid=identity, device=str(self.device))
            if self.anyway:
                partition.wipe(self.device)
            lvm.make_group(self.group, self.device, identity, tag)

    def make(self, piece: Piece, ledger: Ledger, tag: str) -> None:
        name = f"{self.group}/{piece.name}"
        extents = lvm.check_room(self.group, {piece.name: piece.size}).extents(piece.size)
        ledger.intend(record.VOLUME, name, tag=tag)
        lvm.make_volume(name, extents, tag)

    def fill(self, piece: Piece) -> None:
        piece.fill(self.path(piece.name))
        durable.sync(self.path(piece.name))


def _of_lvm(given: str) -> str:
    """A UUID in LVM's form: 32 signs in groups of 6, 4, 4, 4, 4, 4 and 6."""
    signs, at, parts = given.replace("-", ""), 0, []
    for length in (6, 4, 4, 4, 4, 4, 6):
        parts.append(signs[at : at + length])
        at += length
    return "-".join(parts)


def _check_directory(top: Path, where: str) -> None:
    """Raises InputError unless the directory is new or empty, and of a name that xl can read."""
    text = str(top)
    if not text.isprintable() or any(sign in UNFIT or sign.isspace() for sign in text):
        raise InputError(
            "xl could not read this path",
            where=where,
            why="blanks, commas, colons, quotes and brackets have a meaning in its words for disks",
            remedy="name another directory",
        )
    if (top.exists() and not top.is_dir()) or (top.is_dir() and os.listdir(top)):
        raise InputError(
            f"{text} is not empty" if top.is_dir() else f"{text} is no directory",
            where=where,
            why="nothing is overwritten",
            remedy="name a new or empty directory",
        )


def _standing(path: Path) -> Path:
    """The path itself, or the nearest directory above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def _size(piece: Piece) -> str:
    return f", {piece.size / 1e6:.0f} MB" if piece.size else ", as large as the image's that is built first"


def places(store: Store, names: Mapping[str, str]) -> dict[str, str]:
    """Where each drive of a node lies."""
    return {drive: str(store.path(name)) for drive, name in names.items()}
