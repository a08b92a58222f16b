"""The image of a checkout: base layer and role layers, built when their inputs changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness import durable, state, umask
from harness.console import Console
from harness.errors import HostError, InputError
from harness.image import base, boot, drives, layer
from harness.image.base import Base
from harness.image.drives import Drives
from harness.image.layer import RoleLayers
from harness.ledger import Ledger, boxes

FORGOTTEN = 3600.0
"""Seconds that layers nobody uses are kept, for whoever goes back and forth between two checkouts."""
NOTE = "image"
"""A file in a box's directory: the layers it boots from."""
PREFIXES = ("base-", "roles-", "boot-", "disk")
"""Of the names of its directories."""
PACKED = "name a file in a directory that is there, on a disk with space"


@dataclass(frozen=True)
class Image:
    """What the nodes of a box boot from."""

    base: Base
    roles: RoleLayers
    drives: Drives | None = None
    """The same as disks, where some node has a kernel of its own."""

    @property
    def built(self) -> bool:
        return self.base.built and self.roles.built and (self.drives is None or self.drives.built)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of its directories; those of the layers stand first."""
        return self.base.top.name, self.roles.top.name, *(self.drives.keys if self.drives else ())


def wanted(*, as_drives: bool = False) -> Image:
    """The image that the checkout asks for, built or not; ``as_drives``, it has disks, too."""
    found = base.wanted()
    roles = layer.wanted(found)
    return Image(found, roles, Drives(found, roles, boot.wanted()) if as_drives else None)


def ensure(console: Console, *, as_drives: bool = False) -> Image:
    """Build what is missing and return the image; two builders at once wait for each other."""
    umask.ours()
    image = wanted(as_drives=as_drives)
    if not image.built:
        with base.building(lambda: console.note("Waiting for another process to build the image.")) as ledger:
            _build(image, ledger, console)
            # Two that remove the same layers would meet.
            _prune(image)
    for name in image.keys:
        os.utime(state.image_dir() / name)
    return image


def _build(image: Image, ledger: Ledger, console: Console) -> None:
    with console.stage("base layer (Debian packages)", "image-base") as stage:
        if image.base.built:
            stage.skip("unchanged")
        base.build(image.base, ledger)
    with console.stage("role layers", "image-roles"):
        layer.build(image.roles, ledger)
    if image.drives:
        with console.stage("kernel and disks", "image-drives"):
            boot.build(image.drives.boot, ledger)
            drives.build(image.drives, ledger)


def _prune(image: Image) -> None:
    """Remove layers of earlier checkouts that no box uses."""
    if state.image_dir().is_symlink():
        return  # it is lent, and its owner's boxes are not known here
    used = {name for box in boxes() for name in used_in(state.box_dir(box))}
    for path in _layers(state.image_dir()):
        if path.name not in used | set(image.keys) and time.time() - path.stat().st_mtime > FORGOTTEN:
            shutil.rmtree(path)


def note_use(directory: Path, image: Image) -> None:
    """Have the layers that the box of a ``directory`` boots from not be thought unused."""
    durable.write(directory / NOTE, "\n".join(image.keys) + "\n")


def used_in(directory: Path) -> tuple[str, ...]:
    """Names of the layers that the box of a ``directory`` boots from; empty before its first start."""
    path = directory / NOTE
    return tuple(path.read_text().split()) if path.exists() else ()


def _layers(directory: Path) -> Iterable[Path]:
    return [path for path in directory.iterdir() if path.name.startswith(PREFIXES) and path.is_dir()]


def _contents(image: Image) -> list[str]:
    return [f"{name}/{each}" for name in image.keys for each in sorted(os.listdir(state.image_dir() / name))]


def pack(image: Image, target: Path) -> int:
    """Write base and role layers as one compressed file; returns its size in bytes."""
    if target.is_dir():
        raise InputError(
            "the image can't be packed", where=str(target), why="it is a directory", remedy=PACKED
        )
    words = ["tar", "--directory", str(state.image_dir()), "--create", "--file", str(target)]
    # What is in the directories, not themselves: whoever uses the image touches them, and tar minds.
    words += ["--use-compress-program", "zstd -10 -T0", *_contents(image)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        if target.is_file():
            target.unlink()
        raise HostError(
            "the image can't be packed",
            where=str(target),
            why=done.stderr.strip(),
            remedy=PACKED,
        )
    return target.stat().st_size
