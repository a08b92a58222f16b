"""The drives of an installed box, by the names of the original: ``CENode``, ``CEswap`` and so on.

``CENode`` is what the CE writes.  What it reads is on ``GridBase`` and ``GridRoles``, which all nodes share,
and on ``CEsite``: names, certificates and keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import tool
from harness.box import disks
from harness.box.files import BoxFiles
from harness.dom0 import driveset
from harness.errors import HostError
from harness.image import ext4
from harness.image.drives import Drives
from harness.site import Node, Site
from harness.virt import originals


@dataclass(frozen=True)
class Piece:
    """One drive: its size in bytes, how many of these it takes as a sparse file, and what fills it."""

    name: str
    size: int
    taken: int
    fill: Callable[[Path], None]


def of(site: Site, files: BoxFiles, image: Drives) -> Iterator[Piece]:
    """All drives of a box; the shared ones first, since they take longest."""
    yield _copied(originals.BASE, image.base)
    yield _copied(originals.ROLES, image.roles)
    for node in site.nodes:
        yield from _own(node, files.layer(node.name))


def _own(node: Node, layer: Path) -> Iterator[Piece]:
    fills = {
        "site": lambda path: ext4.fill(path, disks.marked(layer), driveset.sizes()["site"]),
        "scratch": lambda path: ext4.empty(path, driveset.sizes()["scratch"]),
        "swap": lambda path: ext4.swap(path, driveset.sizes()["swap"]),
    }
    for drive, fill in fills.items():
        yield Piece(originals.drives(node)[drive], driveset.sizes()[drive], driveset.TAKEN[drive], fill)


def _copied(name: str, source: Path) -> Piece:
    """A drive of the image; before that is built, nobody knows its size."""
    found = source.stat() if source.exists() else None
    size, taken = (found.st_size, found.st_blocks * 512) if found else (0, 0)
    return Piece(name, size, taken, lambda path: copy(source, path))


def copy(source: Path, target: Path) -> None:
    """Copy a drive into a file, in which holes stay holes, or onto a block device; raises HostError."""
    # A device may have anything in it: there holes are written, too.
    holes = "never" if target.is_block_device() else "always"
    remedy = "look for errors of the disk in `dmesg`"
    failed = HostError("a drive of the image can't be copied", where=str(target), remedy=remedy)
    tool.said(["cp", "--reflink=auto", f"--sparse={holes}", str(source), str(target)], failed)
