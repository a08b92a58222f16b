"""Copies of all that a box's nodes have written, and the way back from one: on the machine where they write.

It takes nothing but Python's own library: a laptop's harness does it on another machine, too
(``harness/box/far.py``), where a copy has the same place as here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.box.files import BoxFiles
from harness.box.host import SPACE
from harness.dom0.dom0 import Dom0
from harness.dom0.kinds import KINDS
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger
from harness.undo import remove_directory

KIND = "snapshot"
"""In the ledger, while one is being made: its directory, which is not whole yet."""
STORED = "stored"
"""In the directory of each: what nodes had written."""
COPY = ("cp", "-a", "--reflink=auto", "--sparse=always")
"""With owners, links, holes and the overlay's own marks (xattr(7)); shared blocks where the disk can."""
COPYING = 1200.0
"""Seconds of a usual machine for a copy on another one; a new box of five domains takes 5."""


def partial_of(files: BoxFiles, name: str) -> Path:
    """Where one is made until it is whole."""
    return files.snapshots / f".{name}"


@dataclass(frozen=True)
class Copies:
    """Those of a box whose nodes write on this machine; each is a directory below ``files.snapshots``."""

    files: BoxFiles

    def check_room(self) -> None:
        """Raises HostError if the disk has too little room for one more."""
        needed = size_of(self.files.written)
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

    def size(self, name: str) -> int:
        """Bytes that it takes of the disk."""
        return size_of([partial_of(self.files, name) / STORED])

    def put(self, name: str) -> None:
        """Have what nodes wrote be what a copy has; done again, it comes to the same.

        No node runs, and the volume is mounted.  Raises HarnessError before anything is done if it is gone.
        """
        stored = self.files.snapshots / name / STORED
        if not stored.is_dir():
            raise HarnessError(
                f"the box {self.files.box!r} was on its way back to a snapshot, and that is gone",
                where=str(stored),
                remedy=f"./icebox stop --box {self.files.box} --destroy, then start it anew",
            )
        for path in self.files.written:
            shutil.rmtree(path)
        copy(sorted(stored.iterdir()), self.files.stored)
        run("sync", "-f", str(self.files.stored))

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
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        why = "; ".join(done.stderr.strip().splitlines()[-2:])
        if os.strerror(28) in why or os.strerror(122) in why:  # ENOSPC, EDQUOT
            raise HostError("the disk ran full", where=words[-1], why=why)
        raise HarnessError(f"`{words[0]}` failed with exit code {done.returncode}", where=words[-1], why=why)
    return done.stdout
