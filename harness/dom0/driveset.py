"""The drives of a machine that has a kernel of its own, laid at its dom0, which may be another machine.

It takes nothing but Python's own library: a laptop's harness does it there, too (``harness/box/far.py``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import durable
from harness.image import ext4

SCRATCH, SWAP = 5 << 30, 256 << 20
"""Bytes, as the original's: what a node may write, as far as the host's disk or the volume has room; swap."""
SITE = 64 << 20
"""Bytes of a node's site drive: a layer of a site with 99 students takes some four million."""
TAKEN = {"site": 4 << 20, "scratch": 72 << 20, "swap": 0}
"""Bytes that each drive of a node's own takes as a file before the node writes: of an empty file system most
is its journal."""
LAID = Path("etc/icebox/laid")
"""In the site layer: which start laid it (``box/boot/init``)."""
UNCOVERED = Path("etc/icebox/uncovered")
"""Beside it: paths that are to show, whatever the node has written over them."""


@dataclass(frozen=True)
class DriveSet:
    """A directory with them, and with what a machine boots them with."""

    directory: Path
    links: Mapping[str, Path]
    """What of it lies elsewhere, shared or kept."""
    written: Path | None = None
    """Where the disks lie that the machine writes; None for what is no machine's."""
    layer: Path | None = None
    """The site layer, of which a disk is made."""
    placed: Mapping[str, Path] = field(default_factory=dict)
    """Where those of its own lie that are neither there nor in the directory (``shelf.py``)."""

    def lay(self, anew: Iterable[Path] = ()) -> None:
        """Make what is not there, and the site layer's disk in any case; the machine is down.

        Files ``anew`` of that layer are to show, whatever the machine has written over them.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        for name, path in self.links.items():
            _link(self.directory / name, path)
        if self.written is None or self.layer is None:
            return
        for name, make in (("scratch", ext4.empty), ("swap", ext4.swap)):
            if name not in self.links:
                self._make(name, make)
        link = self.directory / "site"
        if "site" in self.placed:
            ext4.fill(self.placed["site"], marked(self.layer, anew), SITE)
            _link(link, self.placed["site"])
        else:
            if link.is_symlink():
                link.unlink()
            ext4.fill(link, marked(self.layer, anew))

    def _make(self, name: str, make: Callable[[Path, int], None]) -> None:
        """Make what the machine writes on, unless it is there."""
        assert self.written
        drive, link = self.placed.get(name, self.written / f"{name}.img"), self.directory / name
        if drive.is_block_device():
            # One that was not filled to its end has no link yet.
            if not leads(link, drive):
                make(drive, sizes()[name])
                link.unlink(missing_ok=True)
                durable.sync(drive)
        elif not drive.exists():
            make(drive.with_suffix(".partial"), sizes()[name])
            durable.place(drive.with_suffix(".partial"), drive)
        _link(link, drive)
        durable.sync(self.directory)

    def words(self) -> Mapping[str, Any]:
        """As JSON has it."""
        return {
            "directory": str(self.directory),
            "links": {name: str(path) for name, path in self.links.items()},
            "written": str(self.written or ""),
            "layer": str(self.layer or ""),
            "placed": {name: str(path) for name, path in self.placed.items()},
        }

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> DriveSet:
        """What ``words`` came from."""
        links, placed = (
            {name: Path(path) for name, path in words[each].items()} for each in ("links", "placed")
        )
        written, layer = (Path(words[name]) if words[name] else None for name in ("written", "layer"))
        return cls(Path(words["directory"]), links, written, layer, placed)


def sizes() -> Mapping[str, int]:
    """Bytes of each drive that a node has for itself."""
    return {"site": SITE, "scratch": SCRATCH, "swap": SWAP}


def leads(link: Path, target: Path) -> bool:
    """Whether a link is there, and leads to ``target``."""
    return link.is_symlink() and link.readlink() == target


def marked(layer: Path, anew: Iterable[Path]) -> Path:
    """The same site layer, which now tells its node's first program that this is another start."""
    (layer / LAID).write_text(f"{secrets.token_hex(8)}\n")
    (layer / UNCOVERED).write_text("".join(f"{path}\n" for path in anew))
    return layer


def _link(path: Path, target: Path) -> None:
    if not leads(path, target):
        path.unlink(missing_ok=True)
        path.symlink_to(target)
