"""What an emulated Xen host has of the image: disks of this machine that it can read, and where it has them.

Over an emulated network the image would take half an hour to be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import durable, state
from harness.image import ext4
from harness.image.build import Image
from harness.image.drives import DRIVE

SERIAL = 16
"""Characters of a disk's serial number: those at the end of a layer's name.  virtio has room for 20."""
SHOW = """\
set -e
while read -r serial at link; do
    disk=$(cd /sys/block && grep -lx "$serial" vd*/serial)
    disk=/dev/${disk%/serial}
    mkdir -p "$at"
    mount -o ro "$disk" "$at"
    [ -z "$link" ] || { mkdir -p "${link%/*}"; ln -s "$disk" "$link"; }
done
"""
"""Typed there before its snapshot is made, with a line for each disk: its serial number, where it is mounted,
and what leads to the disk itself.  So a box finds its layers there, as if they had been sent."""


@dataclass(frozen=True)
class Shown:
    """The image of a checkout; ``directory`` has what is made of it for this alone."""

    image: Image
    directory: Path

    @property
    def disks(self) -> Mapping[str, Path]:
        """By their serial numbers."""
        drives = self.image.drives
        assert drives is not None
        names = (self.image.base.top, self.image.roles.top, drives.boot.top)
        return dict(zip(map(_serial, names), (drives.base, drives.roles, self._boot), strict=True))

    @property
    def lines(self) -> str:
        """What ``SHOW`` is told."""
        drives = self.image.drives
        assert drives is not None
        mounted = (self.image.base.root, self.image.roles.top, drives.boot.top)
        links = (_there(drives.base), _there(drives.roles), "")
        rows = zip(self.disks, map(_there, mounted), links, strict=True)
        return "".join(f"{serial} {at} {link}\n" for serial, at, link in rows)

    @property
    def _boot(self) -> Path:
        drives = self.image.drives
        assert drives is not None
        return self.directory / drives.boot.top.name / DRIVE

    def make(self) -> None:
        """Make the one disk that the image does not have itself, unless it is there."""
        assert self.image.drives is not None
        if not self._boot.exists():
            partial = self._boot.with_suffix(".partial")
            partial.parent.mkdir(exist_ok=True)
            ext4.fill(partial, self.image.drives.boot.top)
            durable.place(partial, self._boot)


def _serial(layer: Path) -> str:
    return layer.name[-SERIAL:]


def _there(path: Path) -> str:
    """The same path on that machine, where the state directory is always the usual one."""
    return f"{state.DEFAULT_HOME}/{path.relative_to(state.home())}"
