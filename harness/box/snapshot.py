"""Snapshots of a box: all that its nodes have written, as it was at one moment.

The box stands still while that is copied.  What only a memory had, a process or an open connection, is no
part of it: who comes back to a snapshot finds nodes as after a power cut at that moment, and they boot.
Keys, certificates and names are the box's own, and no snapshot's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import process
from harness.box import suspension, volume
from harness.box.box import Box
from harness.box.files import BoxFiles
from harness.box.host import SPACE
from harness.errors import HarnessError, HostError, InputError, shortened
from harness.faults import standing
from harness.image import build
from harness.ledger import Entry, Ledger
from harness.site import Site
from harness.undo import remove_directory

KIND = "snapshot"
"""In the ledger, while one is being made: its directory, which is not whole yet."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
MOST = 16
"""Snapshots of a box."""
STORED, ABOUT = "stored", "about.json"
"""In the directory of each: what nodes had written; what is known of it."""
VERSION = 1
COPY = ("cp", "-a", "--reflink=auto", "--sparse=always")
"""With owners, links, holes and the overlay's own marks (xattr(7)); shared blocks where the disk can."""


@dataclass(frozen=True)
class Snapshot:
    """One snapshot that is whole."""

    name: str
    path: Path
    at: float
    """Seconds since 1970."""
    size: int
    """Bytes that it takes of the host's disk."""
    nodes: tuple[str, ...]
    image: tuple[str, ...]
    """The layers that the box booted from."""

    def to_json(self) -> dict[str, Any]:
        """As ``./icebox snapshots --json`` prints it."""
        return {"name": self.name, "at": self.at, "bytes": self.size}

    @property
    def stored(self) -> Path:
        return self.path / STORED


@dataclass(frozen=True)
class _About:
    at: float
    size: int
    nodes: Sequence[str]
    image: Sequence[str]
    version: int = VERSION


def checked(name: str) -> str:
    """``name`` itself if it may name a snapshot; raises InputError otherwise."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"{shortened(name)!r} can't be the name of a snapshot",
            where="NAME",
            remedy="use 1 to 31 small letters, digits and hyphens, a letter or digit first",
        )
    return name


def of(files: BoxFiles) -> list[Snapshot]:
    """The snapshots of a box, the oldest first."""
    return sorted(_read(files), key=lambda each: (each.at, each.name))


def _read(files: BoxFiles) -> Iterator[Snapshot]:
    for path in files.snapshots.glob(f"*/{ABOUT}"):
        if NAME.fullmatch(path.parent.name):
            about = json.loads(path.read_text())
            nodes, image = tuple(about["nodes"]), tuple(about["image"])
            yield Snapshot(path.parent.name, path.parent, about["at"], about["size"], nodes, image)


def named(files: BoxFiles, name: str) -> Snapshot:
    """The snapshot ``name``; raises InputError that says which there are."""
    found = {each.name: each for each in of(files)}
    if checked(name) not in found:
        raise InputError(
            f"the box {files.box!r} has no snapshot {name!r}",
            where="NAME",
            why=f"there are: {', '.join(found)}" if found else "there is none",
            remedy=f"./icebox snapshot --box {files.box} {name} makes one of the box as it is now",
        )
    return found[name]


def take(files: BoxFiles, ledger: Ledger, name: str, box: Box | None) -> Snapshot:
    """Make a snapshot of a box, ``box`` if it is up; the caller holds the ledger's lock.

    Raises InputError or HostError before anything is made, and HostError if the disk runs full.
    """
    site = files.site()
    suspension.check(site)
    target = files.snapshots / checked(name)
    _check(files, ledger, target)
    partial = files.snapshots / f".{name}"
    entry = ledger.intend(KIND, str(partial), by=process.signature(os.getpid()))
    try:
        with volume.opened(site, files, ledger):
            _check_space(files)
            (partial / STORED).mkdir(parents=True, mode=0o700)
            if box is None:
                copy(files.written, partial / STORED)
            else:
                with suspension.still(box):
                    copy(files.written, partial / STORED)
        _finish(files, site, partial, target)
    except BaseException:
        remove_directory(entry)
        ledger.gone(entry)
        raise
    ledger.gone(entry)
    return named(files, name)


def remove(files: BoxFiles, ledger: Ledger, name: str) -> None:
    """Remove one; the caller holds the ledger's lock."""
    found = named(files, name)
    entry = ledger.intend(KIND, str(files.snapshots / f".{name}"), by=process.signature(os.getpid()))
    found.path.rename(entry.key)  # from here on it is none
    remove_directory(entry)
    ledger.gone(entry)


def is_left(entry: Entry) -> bool:
    """Whether who was at it has died."""
    return not process.is_signature(entry.details.get("by", ""))


def _check(files: BoxFiles, ledger: Ledger, target: Path) -> None:
    there = of(files)
    if target.name in {each.name for each in there}:
        raise InputError(
            f"the box {files.box!r} has a snapshot {target.name!r} already",
            where="NAME",
            remedy=f"choose another name, or ./icebox snapshots --box {files.box} --remove {target.name}",
        )
    if len(there) >= MOST:
        raise InputError(
            f"the box {files.box!r} has {len(there)} snapshots, and no more are kept",
            where=str(files.snapshots),
            why=f"the oldest is {there[0].name}",
            remedy=f"./icebox snapshots --box {files.box} --remove {there[0].name}",
        )
    if faults := standing.standing(ledger):
        raise InputError(
            f"{len(faults)} fault(s) that were put into the box {files.box!r} would be in its snapshot",
            where="--box",
            remedy=f"./icebox fault take --box {files.box}",
        )


def _check_space(files: BoxFiles) -> None:
    needed = size_of(files.written)
    free = shutil.disk_usage(files.top).free
    if free < needed + SPACE:
        raise HostError(
            f"too little space for a snapshot: {(needed + SPACE - free) / 1e6:.0f} MB are missing",
            where=str(files.snapshots),
            why=f"{free / 1e6:.0f} MB are free; it takes {needed / 1e6:.0f} MB, to leave {SPACE / 1e6:.0f}",
            remedy=f"free some, or remove snapshots: ./icebox snapshots --box {files.box}",
        )


def _finish(files: BoxFiles, site: Site, partial: Path, target: Path) -> None:
    size = size_of([partial / STORED])
    nodes = [f"{node.name} {node.hypervisor}" for node in site.nodes]
    about = _About(time.time(), size, nodes, build.used_in(files.top))
    (partial / ABOUT).write_text(f"{json.dumps(asdict(about))}\n")
    # Whoever finds it by its name finds it whole, also after a power cut.
    run("sync", "-f", str(partial / ABOUT))
    partial.rename(target)


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
