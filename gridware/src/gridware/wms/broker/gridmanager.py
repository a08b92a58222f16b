"""HTCondor's gridmanagers, one for each account: they move attempts from the queue to their CE."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path


def hurry(account: str) -> None:
    """Have new attempts of an account looked at as soon as its gridmanager is up.

    Told too early, a gridmanager that is just starting does not hear it; so it is told a few times.
    """
    heard = 0
    for pause in (0.05, 0.05, 0.1, *[0.2] * 12):
        heard += nudge(account)
        if heard > 3:
            return
        time.sleep(pause)


_known: dict[str, Path] = {}
"""Where each account's gridmanager was: to look there takes a hundredth of a look at all processes."""


def nudge(account: str) -> bool:
    """Tell the gridmanager of an account to look into the queue now; false if none could be told.

    The schedd tells it 3 s after a submission, a constant; a gridmanager takes the same signal (SIGUSR2)
    from anyone.
    """
    if (known := _known.get(account)) and _tell(known, account):
        return True
    for process in Path("/proc").glob("[0-9]*"):
        if _tell(process, account):
            _known[account] = process
            return True
    return False


def _tell(process: Path, account: str) -> bool:
    """Send the signal, if this is the gridmanager of an account."""
    try:
        handle = os.pidfd_open(int(process.name))
    except OSError:
        return False
    try:
        # Looked at while the handle is held: the signal reaches what was looked at, or nobody.
        if _served(process) != account:
            return False
        signal.pidfd_send_signal(handle, signal.SIGUSR2)
    except (OSError, ValueError, IndexError):
        return False
    finally:
        os.close(handle)
    return True


def _served(process: Path) -> str:
    """The account that a gridmanager serves; empty for any other process, and one that the signal would end.

    What a gridmanager starts, its GAHP server, bears its name and catches its signals until it becomes
    another program, and dies of a signal that comes a moment later: the gridmanager then leaves all its jobs
    for GRIDMANAGER_RESOURCE_PROBE_INTERVAL. So only a child of the schedd is one.
    """
    words = _words(process)
    if not words[0].endswith(b"condor_gridmanager"):
        return ""
    status = (process / "status").read_text()
    if not _words(process.parent / _field(status, "PPid"))[0].endswith(b"condor_schedd"):
        return ""
    # One that is just starting would die of it.
    if not int(_field(status, "SigCgt"), 16) >> (signal.SIGUSR2 - 1) & 1:
        return ""
    return words[words.index(b"-o") + 1].decode()


def _words(process: Path) -> list[bytes]:
    return (process / "cmdline").read_bytes().split(b"\0")


def _field(status: str, name: str) -> str:
    """A field of proc(5)'s status; raises ValueError if it is not there."""
    found = re.search(rf"^{name}:\s*(\S+)", status, re.MULTILINE)
    if found is None:
        raise ValueError(name)
    return found[1]
