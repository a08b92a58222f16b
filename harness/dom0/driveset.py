"""The drives of a machine that has a kernel of its own, laid at its dom0, which may be another machine.

It takes nothing but Python's own library: a laptop's harness does it there, too (``harness/box/far.py``).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.image import ext4

SCRATCH, SWAP = 5 << 30, 256 << 20
"""Bytes, as the original's: what a node may write, as far as the host's disk or the volume has room; swap."""
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

    def lay(self, anew: Iterable[Path] = ()) -> None:
        """Make what is not there, and the site layer's disk in any case; the machine is down.

        Files ``anew`` of that layer are to show, whatever the machine has written over them.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        for name, path in self.links.items():
            _link(self.directory / name, path)
        if self.written is None or self.layer is None:
            return
        for name, make, size in (("scratch", ext4.empty, SCRATCH), ("swap", ext4.swap, SWAP)):
            drive = self.written / f"{name}.img"
            if not drive.exists():
                make(drive.with_suffix(".partial"), size)
                drive.with_suffix(".partial").rename(drive)
            _link(self.directory / name, drive)
        ext4.fill(self.directory / "site", marked(self.layer, anew))

    def words(self) -> Mapping[str, Any]:
        """As JSON has it."""
        return {
            "directory": str(self.directory),
            "links": {name: str(path) for name, path in self.links.items()},
            "written": str(self.written or ""),
            "layer": str(self.layer or ""),
        }

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> DriveSet:
        """What ``words`` came from."""
        links = {name: Path(path) for name, path in words["links"].items()}
        written, layer = (Path(words[name]) if words[name] else None for name in ("written", "layer"))
        return cls(Path(words["directory"]), links, written, layer)


def marked(layer: Path, anew: Iterable[Path]) -> Path:
    """The same site layer, which now tells its node's first program that this is another start."""
    (layer / LAID).write_text(f"{secrets.token_hex(8)}\n")
    (layer / UNCOVERED).write_text("".join(f"{path}\n" for path in anew))
    return layer


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)
