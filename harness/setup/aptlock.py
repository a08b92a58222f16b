"""Other programs that install packages on this machine, and waiting until they have ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from harness.deadline import Deadline
from harness.errors import HostError
from harness.setup import holders

LOCKS = (
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/lock",
    "var/lib/apt/lists/lock",
    "var/cache/apt/archives/lock",
)
"""Of dpkg and apt (apt-get(8), dpkg(1))."""
PATIENCE = 900.0
"""Seconds: unattended upgrades of a machine take minutes."""
PAUSE = 0.3


def wait(root: Path, note: Callable[[str], None], deadline: Deadline, stopped: Callable[[], bool]) -> None:
    """Return once nobody holds a lock, or this set-up was ``stopped``; ``note`` is told who is waited for.

    Raises HostError that names the program which holds one at the deadline.
    """
    told = ""
    while (found := held(root)) and not stopped():
        lock, who = found
        if who != told:
            note(f"Waiting for {who}, which holds {lock}.")
            told = who
        if deadline.expired:
            raise HostError(
                "another program installs packages on this machine",
                where=str(lock),
                why=f"{who} still holds it after {deadline.seconds:.0f} s",
                remedy="let it end, or end it, then run the same command again",
            )
        time.sleep(PAUSE)


def held(root: Path) -> tuple[Path, str] | None:
    """A lock that somebody holds, and who; None if all are free."""
    for name in LOCKS:
        if who := holders.of_record(root / name):
            return root / name, who
    return None
