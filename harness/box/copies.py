"""Copies of all that a box's nodes have written, and the way back from one: on the machine where they write.

It takes nothing but Python's own library: a laptop's harness does it on another machine, too
(``harness/box/far.py``), where a copy has the same place as here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.box.files import BoxFiles
from harness.box.host import SPACE
from harness.dom0.dom0 import Dom0
from harness.dom0.kinds import KINDS
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger
from harness.undo import remove_directory
from harness.virt.domain import WRITTEN

KIND = "snapshot"
"""In the ledger, while one is being made: its directory, which is not whole yet."""
STORED = "stored"
"""In the directory of each: what nodes had written."""
DRIVES = "drives"
"""Beside it: what machines had on disks that lie elsewhere, a file for each."""
COPY = ("cp", "-a", "--reflink=auto", "--sparse=always")
"""With owners, links, holes and the overlay's own marks (xattr(7)); shared blocks where the disk can."""
RAW = ("cp", "--sparse=always")
"""What is on a disk, be that a file or a device; only what is no zero takes room."""
FILL = ("dd", "bs=4M", "conv=notrunc,fsync", "status=none")
"""The way back to a device: all of it is written, for nobody knows what has been there since."""
COPYING = 1200.0
"""Seconds of a usual machine for a copy on another one; a new box of five domains takes 5."""


def partial_of(files: BoxFiles, name: str) -> Path:
    """Where one is made until it is whole."""
    return files.snapshots / f".{name}"


class GoneError(HarnessError):
    """There is no copy any more."""


@dataclass(frozen=True)
class Copies:
    """Those of a box whose nodes write on this machine; each is a directory below ``files.snapshots``."""

    files: BoxFiles

    def check_room(self) -> None:
        """Raises HostError if the disk has too little room for one more."""
        needed = size_of([*self.files.written, *(path for _, path in elsewhere(self.files))])
        free = shutil.disk_usage(self.files.top).free
        if free < needed + SPACE:
            raise HostError(
                f"too little space for a snapshot: {(needed + SPACE - free) / 1e6:.0f} MB are missing",
                where=str(self.files.snapshots),
                why=f"{free / 1e6:.0f} MB are free; it takes {needed / 1e6:.0f} MB, to leave "
                f"{SPACE / 1e6:.0f}",
                remedy=f"free some, or remove snapshots: ./icebox snapshots --box {self.files.box}",
            )

    def keep(self, name: str) -> None:
        """Copy what nodes have written into the directory that is not whole yet; they stand still, or are
        down."""
        into = partial_of(self.files, name) / STORED
        into.mkdir(parents=True, mode=0o700)
        copy(self.files.written, into)
        for drive, path in elsewhere(self.files):
            into.with_name(DRIVES).mkdir(exist_ok=True, mode=0o700)
            if path.is_block_device():
                # A domain of Xen's writes past what this machine remembers of a device (ioctl BLKFLSBUF).
                run("blockdev", "--flushbufs", str(path))
            run(*RAW, "--", str(path), str(into.with_name(DRIVES) / drive))

    def size(self, name: str) -> int:
        """Bytes that it takes of the disk."""
        return size_of([partial_of(self.files, name)])

    def check(self, name: str) -> None:
        """Raises HarnessError for what keeps a copy from being put back: it, or a disk, is gone."""
        stored = self._stored(name)
        if not stored.is_dir():
            raise GoneError(
                f"what the snapshot {name!r} of the box {self.files.box!r} had kept is gone",
                where=str(stored),
                remedy=f"./icebox snapshots --box {self.files.box} --remove {name}",
            )
        pairs = self._pairs(name)
        if missing := [kept.name for kept, path in pairs if not (kept.exists() and path.exists())]:
            raise HarnessError(
                f"disks of the box {self.files.box!r} are not where they were at its snapshot",
                where=str(stored.with_name(DRIVES)),
                why=f"there or here is no {', '.join(missing)}",
            )

    def put(self, name: str) -> None:
        """Have what nodes wrote be what a copy has; done again, it comes to the same.

        No node runs, and the volume is mounted.  Raises as ``check`` before anything is done.
        """
        self.check(name)
        for path in self.files.written:
            shutil.rmtree(path)
        copy(sorted(self._stored(name).iterdir()), self.files.stored)
        for kept, path in self._pairs(name):
            if path.is_block_device():
                run(*FILL, f"if={kept}", f"of={path}")
            else:
                run(*RAW, "--", str(kept), str(path))
                run("sync", str(path))
        run("sync", "-f", str(self.files.stored))

    def _stored(self, name: str) -> Path:
        return self.files.snapshots / name / STORED

    def _pairs(self, name: str) -> list[tuple[Path, Path]]:
        """What was kept of disks that lie elsewhere, each with where it is put."""
        kept = self._stored(name).with_name(DRIVES)
        return [(kept / drive, path) for drive, path in elsewhere(self.files)]

    def drop(self, name: str) -> None:
        """Remove what is not whole, or not any more."""
        remove_directory(Entry(KIND, str(partial_of(self.files, name))))


@dataclass(frozen=True)
class FarCopies(Copies):
    """Those of a box whose nodes write on another machine; here is only what is known of each.

    Raises UnreachableError or LostError beside.
    """

    kind: type[Dom0]
    ledger: Ledger
    sizes: dict[str, int] = field(default_factory=dict)

    def check_room(self) -> None:
        self.kind.afar(self.ledger, "check_room")

    def keep(self, name: str) -> None:
        size = self.kind.afar(self.ledger, "keep", COPYING, name=name)
        assert isinstance(size, int)
        self.sizes[name] = size

    def size(self, name: str) -> int:
        return self.sizes[name]

    def check(self, name: str) -> None:
        self.kind.afar(self.ledger, "check_copy", name=name)

    def put(self, name: str) -> None:
        self.kind.afar(self.ledger, "put", COPYING, name=name)

    def drop(self, name: str) -> None:
        # It is whole there before it is here.
        if not (self.files.snapshots / name).exists():
            self.kind.afar(self.ledger, "drop", name=name)
        super().drop(name)


def of(files: BoxFiles, ledger: Ledger) -> Copies:
    """Those of a box, wherever its nodes write."""
    kept, kinds = {entry.kind for entry in ledger.open_entries()}, KINDS.all().values()
    far = next((kind for kind in kinds if not kind.HERE and kept.intersection(kind.STORED)), None)
    return FarCopies(files, far, ledger) if far else Copies(files)


def elsewhere(files: BoxFiles) -> Iterator[tuple[str, Path]]:
    """Disks that machines of a box write and that are not in its directory (``harness/dom0/shelf.py``).

    For each a name comes, and where it is, or was.
    """
    for node in sorted(files.drives("any").parent.glob("*")):
        for link in (node / name for name in WRITTEN):
            if link.is_symlink() and not link.readlink().is_relative_to(files.top):
                yield f"{node.name}.{link.name}", link.readlink()


def undo(entry: Entry) -> None:
    """Remove one that is not whole."""
    path = Path(entry.key)
    box = entry.details.get("box", path.parent.parent.name)
    of(BoxFiles(box), Ledger(box)).drop(path.name.removeprefix("."))


def size_of(paths: Sequence[Path]) -> int:
    """Bytes that directories take of their disk, holes left out."""
    said = run("du", "-s", "--block-size=1", *map(str, paths)) if paths else ""
    return sum(int(line.split()[0]) for line in said.splitlines())


def copy(sources: Sequence[Path], target: Path) -> None:
    """Copy directories with all that is in them into a directory; raises HostError, HarnessError."""
    if sources:
        run(*COPY, "--", *map(str, sources), str(target))


def run(*words: str) -> str:
    """What a program of this machine says that reads or writes files; raises HostError, HarnessError."""
    # Its words are read, and those of another language would not be known.
    done = subprocess.run(
        words, capture_output=True, text=True, errors="replace", env={**os.environ, "LC_ALL": "C"}
    )
    if done.returncode:
        why = "; ".join(done.stderr.strip().splitlines()[-2:])
        if os.strerror(28) in why or os.strerror(122) in why:  # ENOSPC, EDQUOT
            raise HostError("the disk ran full", where=words[-1], why=why, remedy="free some there")
        raise HarnessError(f"`{words[0]}` failed with exit code {done.returncode}", where=words[-1], why=why)
    return done.stdout
