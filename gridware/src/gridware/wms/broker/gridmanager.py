"""HTCondor's gridmanagers, one for each account: they move attempts from the queue to their CE."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Collection
from pathlib import Path


def hurry(account: str) -> None:
    """Have new attempts of an account looked at as soon as its gridmanager is up.

    Told too early, a gridmanager that is just starting does not hear it; so it is told a few times.
    """
    heard = 0
    for pause in (0.05, 0.05, 0.1, *[0.2] * 12):
        heard += bool(nudge({account}))
        if heard > 3:
            return
        time.sleep(pause)


def nudge(accounts: Collection[str]) -> set[str]:
    """Tell the gridmanagers of these accounts to look into the queue now; returns those that could be told.

    The schedd tells them 3 s after a submission, a constant; a gridmanager takes the same signal (SIGUSR2)
    from anyone.
    """
    told = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            handle = os.pidfd_open(int(process.name))
        except OSError:
            continue
        try:
            # Looked at while the handle is held: the signal reaches what was looked at, or nobody.
            if (account := _served(process)) in accounts:
                signal.pidfd_send_signal(handle, signal.SIGUSR2)
                told.add(account)
        except (OSError, ValueError, IndexError):
            continue
        finally:
            os.close(handle)
    return told


def _served(process: Path) -> str:
    """The account that a gridmanager serves; empty for any other process, and one that the signal would end.

    What a gridmanager starts, blahpd above all, bears its name and catches its signals until it becomes
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
