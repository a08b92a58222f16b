"""The drives of an installed box, by the names of the original: ``CENode``, ``CEswap`` and so on.

``CENode`` is what the CE writes.  What it reads is on ``GridBase`` and ``GridRoles``, which all nodes share,
and on ``CEsite``: names, certificates and keys.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.box import disks
from harness.box.files import BoxFiles
from harness.dom0 import driveset
from harness.errors import HostError
from harness.image import ext4
from harness.image.drives import Drives
from harness.site import Node, Site

BASE, ROLES = "GridBase", "GridRoles"
SITE = 64 << 20
"""Bytes of a node's site drive: a layer of a site with 99 students takes some four million."""
EMPTY, FILLED = 72 << 20, 4 << 20
"""Bytes that a node's own drive takes on the disk before anything is written, most of it the journal of its
file system; and its site drive."""


@dataclass(frozen=True)
class Piece:
    """One drive: its size in bytes, how many of these it takes as a sparse file, and what fills it."""

    name: str
    size: int
    taken: int
    fill: Callable[[Path], None]


def title(node: Node) -> str:
    """What the original called a node's machine, and so its file in ``nodes/``: ``CENode``, ``WNNode2``."""
    return _numbered(node, "Node")


def drives(node: Node) -> Mapping[str, str]:
    """The installed name of each of a node's drives."""
    return {
        "base": BASE,
        "roles": ROLES,
        "site": _numbered(node, "site"),
        "scratch": title(node),
        "swap": _numbered(node, "swap"),
    }


def _numbered(node: Node, word: str) -> str:
    return f"{node.role.value.upper()}{word}" + (str(node.index) if node.index > 1 else "")


def of(site: Site, files: BoxFiles, image: Drives) -> Iterator[Piece]:
    """All drives of a box; the shared ones first, since they take longest."""
    yield _copied(BASE, image.base)
    yield _copied(ROLES, image.roles)
    for node in site.nodes:
        yield from _own(node, files.layer(node.name))


def _own(node: Node, layer: Path) -> Iterator[Piece]:
    names = drives(node)

    def site(path: Path) -> None:
        ext4.fill(path, disks.marked(layer), SITE)

    yield Piece(names["site"], SITE, FILLED, site)
    yield Piece(names["scratch"], driveset.SCRATCH, EMPTY, lambda path: ext4.empty(path, driveset.SCRATCH))
    yield Piece(names["swap"], driveset.SWAP, 0, lambda path: ext4.swap(path, driveset.SWAP))


def _copied(name: str, source: Path) -> Piece:
    """A drive of the image; before that is built, nobody knows its size."""
    found = source.stat() if source.exists() else None
    size, taken = (found.st_size, found.st_blocks * 512) if found else (0, 0)
    return Piece(name, size, taken, lambda path: copy(source, path))


def copy(source: Path, target: Path) -> None:
    """Copy a drive into a file, in which holes stay holes, or onto a block device; raises HostError."""
    # A device may have anything in it: there holes are written, too.
    holes = "never" if target.is_block_device() else "always"
    words = ["cp", "--reflink=auto", f"--sparse={holes}", str(source), str(target)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise HostError(
            "a drive of the image can't be copied",
            where=str(target),
            why=done.stderr.strip(),
            remedy="look for errors of the disk in `dmesg`",
        )
