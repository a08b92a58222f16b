"""Other programs that install packages on this machine, and waiting until they have ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.deadline import Deadline
from harness.setup import holders
from harness.setup.holders import HeldLock

LOCKS = (
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/lock",
    "var/lib/apt/lists/lock",
    "var/cache/apt/archives/lock",
)
"""Of dpkg and apt (apt-get(8), dpkg(1))."""
PATIENCE = 900.0
"""Seconds: unattended upgrades of a machine take minutes."""


def wait(root: Path, note: Callable[[str], None], deadline: Deadline, stopped: Callable[[], bool]) -> None:
    """Return once nobody holds a lock, or this set-up was ``stopped``; ``note`` is told who is waited for.

    Raises HostError that names the program which holds one at the deadline.
    """
    holders.outlast(
        "another program installs packages on this machine",
        lambda: None if stopped() else held(root),
        lambda found: note(f"Waiting for {found.who}, which holds {found.lock}."),
        deadline,
    )


def held(root: Path) -> HeldLock | None:
    """A lock that somebody holds, and who; None if all are free."""
    for name in LOCKS:
        if who := holders.of_record(root / name):
            return HeldLock(root / name, who)
    return None
