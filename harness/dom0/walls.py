"""Walls between the nodes of a box and the machine that hosts it: those that can't stand there, and why."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.dom0 import layers
from harness.dom0.place import Place
from harness.errors import HostError

FILTERS = Path("/proc/sys/kernel/seccomp/actions_avail")
"""There, if the kernel filters system calls (seccomp(2))."""
MAPS = (
    "boot Linux 5.19 or later, and set ICEBOX_HOME to a directory on ext4, XFS, Btrfs or tmpfs, outside of \
containers"
)
TRUST = "or, if you trust everyone whom the box lets in with this machine, add --trust-students"


@dataclass(frozen=True)
class Wall:
    """One that does not stand; ``remedy`` is what its host would need."""

    what: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} ({self.why})"


UNFILTERED = Wall(
    "no system call is refused to nodes",
    "this kernel has no seccomp",
    "boot a kernel that has it, as Debian's",
)


def missing(directory: Path) -> list[Wall]:
    """What this machine can't raise around nodes that have their files in ``directory``; HarnessError.

    Asked before a box is made; ``Machines.missing_walls`` says it of one that is up.
    """
    words = Place.python(Path(layers.__file__), "able", str(directory))
    able = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return of(able, filtered=FILTERS.exists())


def of(why: str, *, filtered: bool) -> list[Wall]:
    """Those missing where nodes have the host's numbers for a reason of ``layers.py``; empty for none."""
    unmapped = [Wall("root of a node is root of its host", why, MAPS)] if why else []
    return unmapped + ([] if filtered else [UNFILTERED])


def refuse(walls: Sequence[Wall], where: str) -> None:
    """Raises HostError that names them, if there are any, for a box that others than this host reach."""
    if walls:
        raise HostError(
            f"{len(walls)} of the walls between nodes and this machine can't stand, and others reach the box",
            where=where,
            why="; ".join(map(str, walls)),
            remedy="; ".join([*(wall.remedy for wall in walls), TRUST]),
        )
