"""Walls between the nodes of a box and the machine that hosts it: those that can't stand there, in words."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.dom0 import layers
from harness.dom0.place import Place

FILTERS = Path("/proc/sys/kernel/seccomp/actions_avail")
"""There, if the kernel filters system calls (seccomp(2))."""


def missing(directory: Path) -> list[str]:
    """What this machine can't do for nodes that have their files in ``directory``; raises HarnessError.

    Asked before a box is made; ``Machines.missing_walls`` says it of one that is up.
    """
    words = Place.python(Path(layers.__file__), "able", str(directory))
    able = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return [*unmapped(able), *([] if FILTERS.exists() else ["no system call is filtered: no seccomp"])]


def unmapped(why: str) -> list[str]:
    """The wall that is missing for a reason that ``layers.py`` gives; none without a reason."""
    return [f"root of a node is root of its host: no file systems with other numbers ({why})"] if why else []
