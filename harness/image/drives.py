"""The image as disks, for nodes with a kernel of their own: one of the base layer, one of all roles'.

Every node of every box reads the same two; what it writes, and its site layer, are on disks of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness import state
from harness.image import ext4
from harness.image.base import Base
from harness.image.boot import Boot
from harness.image.layer import RoleLayers
from harness.image.whole import whole
from harness.ledger import Ledger

RECIPE = "1"
"""Raise it when ``build`` comes to make something else of the same layers."""
DRIVE = "drive"
"""The file in a disk's directory."""


@dataclass(frozen=True)
class Drives:
    """Both disks, and what nodes boot them with."""

    of_base: Base
    of_roles: RoleLayers
    boot: Boot

    @property
    def base(self) -> Path:
        return _directory(self.of_base.top) / DRIVE

    @property
    def roles(self) -> Path:
        return _directory(self.of_roles.top) / DRIVE

    @property
    def built(self) -> bool:
        return self.base.exists() and self.roles.exists() and self.boot.built

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of its directories."""
        return self.base.parent.name, self.roles.parent.name, self.boot.top.name


def _directory(layer: Path) -> Path:
    return state.image_dir() / f"disk{RECIPE}-{layer.name}"


def build(drives: Drives, ledger: Ledger) -> None:
    """Make the disks unless they are there; the layers are."""
    for drive, tree in ((drives.base, drives.of_base.root), (drives.roles, drives.of_roles.top)):
        if drive.exists():
            continue
        with whole(drive.parent, ledger) as partial:
            ext4.fill(partial / DRIVE, tree)
