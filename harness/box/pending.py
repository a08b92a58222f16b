"""What was cut short: a snapshot that is not whole, a box on its way back to one.

From its entry in the ledger on, a box that is down is at the snapshot that it goes back to, for whoever finds
it: what was begun is done to its end.  One that still runs has lost nothing, and goes on.  So a kill leaves
it at one of both points.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.box import snapshot, spare, suspension, volume
from harness.box.box import Box, attach
from harness.box.files import BoxFiles
from harness.dom0.standing import is_up
from harness.errors import HarnessError
from harness.ledger import Entry, Ledger
from harness.undo import remove_directory

REVERT = "revert"
"""In the ledger, while a box goes back: the snapshot's directory."""


def put(files: BoxFiles, stored: Path) -> None:
    """Have what nodes wrote be what a snapshot has; done again, it comes to the same.

    No node runs, and the volume is mounted.  Raises HostError or HarnessError.
    """
    for path in files.written:
        shutil.rmtree(path)
    snapshot.copy(sorted(stored.iterdir()), files.stored)
    snapshot.run("sync", "-f", str(files.stored))


def finish(entry: Entry) -> None:
    """Put a box back to the end that is down."""
    files, stored = BoxFiles(entry.details["box"]), Path(entry.key) / snapshot.STORED
    if not stored.is_dir():
        raise HarnessError(
            f"the box {files.box!r} was on its way back to a snapshot, and that is gone",
            where=str(stored),
            remedy=f"./icebox stop --box {files.box} --destroy, then start it anew",
        )
    with volume.opened(files.site(), files, Ledger(files.box)):
        put(files, stored)


def settle(name: str, ledger: Ledger) -> Box | None:
    """Take back what somebody who was killed has left of a box that is up; the caller holds the lock.

    The box comes back, None if it is down.
    """
    if not is_up(name, ledger):
        return None
    box = attach(name)
    spare.settle(box)
    for entry in ledger.of_kind(REVERT):
        ledger.gone(entry)  # else its dom0 would be gone, and no spare one in its place
    for entry in ledger.of_kind(snapshot.KIND):
        remove_directory(entry)
        if box.dom0.suspended and not suspension.since(ledger):
            box.dom0.resume()
        ledger.gone(entry)
    return box


def standstill(box: Box) -> str:
    """In words, why a box that is up stands still; empty if it does not, or for a snapshot's moment only."""
    if not box.dom0.suspended:
        return ""
    if since := suspension.since(box.ledger):
        return f"suspended since {since}"
    making = box.ledger.of_kind(snapshot.KIND)
    if any(not snapshot.is_left(entry) for entry in making):
        return ""
    return f"suspended by {'a snapshot that was killed' if making else 'no command of icebox'}"


def is_left(ledger: Ledger) -> bool:
    """Whether there is something to settle."""
    return bool(ledger.of_kind(REVERT) or ledger.of_kind(snapshot.KIND)) or spare.is_left(ledger)
