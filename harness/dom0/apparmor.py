"""AppArmor of this machine: a box has a namespace of policies of its own, in which there is none.

Profiles count for a program by its path, also inside of nodes, whose programs bear the same names; and Debian
has one for libvirtd itself, which starts nothing but what lies in libvirt's own places.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from harness.ledger import Entry, Ledger

SPACES = Path("/sys/kernel/security/apparmor/policy/namespaces")
"""There, if the kernel has AppArmor; a directory made there is a namespace (apparmorfs)."""
KIND = "apparmor"
"""In the ledger."""


def create(name: str, ledger: Ledger) -> None:
    """Make the box's, where there is AppArmor."""
    if SPACES.is_dir():
        ledger.intend(KIND, name)
        (SPACES / name).mkdir(exist_ok=True)


def undo(entry: Entry) -> None:
    """Remove it; the box's processes have ended."""
    with contextlib.suppress(FileNotFoundError):
        (SPACES / entry.key).rmdir()
