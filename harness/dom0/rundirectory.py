"""The run directory of a box: sockets, process numbers and logs while it is up."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from harness import state
from harness.errors import HostError
from harness.ledger import Ledger


def run_dir(box: str, *, spare: bool = False) -> Path:
    """Sockets, process numbers and logs of a running box; short, since the name of a socket has to be.

    A dom0 that is a ``spare`` has its own beside, until it takes the other's place.
    """
    return Path("/run/icebox") / f"{box}{'-' if spare else ''}{state.home_mark()}"


def refuse_stranger(run: Path, ledger: Ledger) -> None:
    """Raises HostError for one that the ledger does not know."""
    if run.exists() and not any(entry.key == str(run) for entry in ledger.of_kind("directory")):
        raise HostError(
            "there is a directory that no box has made",
            where=str(run),
            why="the ledger does not know it, so it is left alone",
            remedy="move it away, or choose another name with --box NAME",
        )


def exchange(one: Path, other: Path) -> None:
    """Each gets the other's name, in one step (renameat2(2), RENAME_EXCHANGE)."""
    here, exchange = -100, 2
    call = ctypes.CDLL(None, use_errno=True).renameat2
    if call(here, os.fsencode(one), here, os.fsencode(other), exchange) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one))
