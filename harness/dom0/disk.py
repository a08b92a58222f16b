"""The file system of a machine, and how a dom0 lays it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.dom0 import layers
from harness.dom0.driveset import DriveSet
from harness.dom0.identities import HOSTS_OWN, Identities
from harness.dom0.place import Place

DISKS = "/mnt/nodes"
"""Below it the machines' file systems are mounted, as a dom0 sees it that holder.sh holds."""
MAPPED = "/mnt/mapped"
"""Below it, layers are mounted that show with other numbers."""
IDENTITIES = "identities"
"""A file in the dom0's directory when the disks are laid: which numbers they have, or why no others than the
dom0's (``layers.py``)."""


@dataclass(frozen=True)
class Disk:
    """A machine's file system: layers on this host, the uppermost first, and what it writes itself."""

    machine: str
    layers: tuple[Path, ...]
    written: Path
    """A directory with ``upper`` and ``work`` in it."""
    homes: Path | None = None
    """What is mounted at its /home."""
    identities: Identities = HOSTS_OWN
    """What its numbers are at the dom0, if that and the hypervisor can do it."""
    drives: DriveSet | None = None
    """Those of a machine that has a kernel of its own, and mounts them itself; such a disk has no layers."""

    @property
    def word(self) -> str:
        """As ``layers.py`` takes it."""
        mapped = "mapped" if self.identities.rows else ""
        places = (f"{DISKS}/{self.machine}", self.written, self.homes or "", mapped, *self.layers)
        return "\n".join(map(str, places))


def mounts(disks: Sequence[Disk], note: str) -> str:
    """Shell text, to be run at the dom0, that lays each file system over its layers and notes whose it is."""
    identities = next((disk.identities for disk in disks if disk.identities.rows), HOSTS_OWN)
    words = ["lay", note, MAPPED, str(identities), *(disk.word for disk in disks if not disk.drives)]
    lay = [Place.python(Path(layers.__file__), *words)]
    drives = [(disk.drives.directory, disk.machine) for disk in disks if disk.drives]
    lay += [["ln", "-s", str(directory), f"{DISKS}/{machine}"] for directory, machine in drives]
    return "".join(f"{shlex.join(each)}\n" for each in lay)
