"""Snapshots of a box: all that its nodes have written, as it was at one moment.

The box stands still while that is copied.  What only a memory had, a process or an open connection, is no
part of it: who comes back to a snapshot finds nodes as after a power cut at that moment, and they boot.
Keys, certificates and names are the box's own, and no snapshot's.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import process
from harness.box import clocks, copies, disks, suspension, volume
from harness.box.box import Box
from harness.box.files import BoxFiles
from harness.errors import HostError, InputError, shortened
from harness.faults import standing
from harness.image import build
from harness.ledger import Entry, Ledger
from harness.site import Site

KIND = copies.KIND
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
MOST = 16
"""Snapshots of a box."""
ABOUT = "about.json"
"""In the directory of each: what is known of it.  What nodes had written is there, too, where they write on
this machine."""
VERSION = 1


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
        return self.path / copies.STORED


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
            yield _told(files, path)


def _told(files: BoxFiles, path: Path) -> Snapshot:
    """What is known of one; raises HostError for what another icebox wrote, or a broken disk."""
    failed = HostError(
        f"what is known of the snapshot {path.parent.name!r} of the box {files.box!r} can't be read",
        where=str(path),
        remedy=f"use the icebox that made it, or `rm -r {path.parent}`",
    )
    try:
        about = json.loads(path.read_text())
        if about["version"] > VERSION:
            failed.why = f"its version is {about['version']}, and this icebox knows those up to {VERSION}"
            raise failed
        nodes, image = tuple(map(str, about["nodes"])), tuple(map(str, about["image"]))
        return Snapshot(path.parent.name, path.parent, float(about["at"]), int(about["size"]), nodes, image)
    except (OSError, LookupError, ValueError, TypeError, OverflowError) as error:
        failed.why = f"{type(error).__name__}: {error}"
        raise failed from None


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

    Raises InputError or HostError before anything is made, HostError if the disk runs full, and UnsetError if
    all is well but a clock that stood still.
    """
    site = files.site()
    suspension.check(site)
    disks.refuse_installed(site, files.box)
    target = files.snapshots / checked(name)
    _check(files, ledger, target)
    there, partial = copies.of(files, ledger), copies.partial_of(files, name)
    by = process.signature(os.getpid())
    entry = ledger.intend(KIND, str(partial), by=by, box=files.box)
    try:
        with volume.opened(site, files, ledger):
            there.check_room()
            partial.mkdir(parents=True, mode=0o700)
            with suspension.still(box) if box else contextlib.nullcontext():
                there.keep(name)
        _finish(files, site, partial, target, there.size(name))
    except BaseException:
        there.drop(name)
        with contextlib.suppress(clocks.UnsetError):
            _goes_on(ledger, entry, box)
        raise
    _goes_on(ledger, entry, box)
    return named(files, name)


def _goes_on(ledger: Ledger, entry: Entry, box: Box | None) -> None:
    """From here on nobody need look after a box that has stood still for it."""
    try:
        if box is not None and not box.dom0.suspended:
            clocks.put_right(box)
    finally:
        ledger.gone(entry)


def remove(files: BoxFiles, ledger: Ledger, name: str) -> None:
    """Remove one; the caller holds the ledger's lock."""
    found, partial = named(files, name), copies.partial_of(files, name)
    entry = ledger.intend(KIND, str(partial), by=process.signature(os.getpid()), box=files.box)
    found.path.rename(partial)  # from here on it is none
    copies.of(files, ledger).drop(name)
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


def _finish(files: BoxFiles, site: Site, partial: Path, target: Path, size: int) -> None:
    nodes = [f"{node.name} {node.hypervisor}" for node in site.nodes]
    about = _About(time.time(), size, nodes, build.used_in(files.top))
    (partial / ABOUT).write_text(f"{json.dumps(asdict(about))}\n")
    # Whoever finds it by its name finds it whole, also after a power cut.
    copies.run("sync", "-f", str(partial / ABOUT))
    partial.rename(target)
