"""What was cut short: a snapshot that is not whole, a box on its way back to one.

From its entry in the ledger on, a box that is down is at the snapshot that it goes back to, for whoever finds
it: what was begun is done to its end.  One that still runs has lost nothing, and goes on.  So a kill leaves
it at one of both points.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from harness.box import clocks, copies, snapshot, spare, suspension, volume
from harness.box.box import Box, attach
from harness.box.files import BoxFiles
from harness.dom0.standing import is_up
from harness.errors import HarnessError
from harness.ledger import Entry, Ledger

REVERT = "revert"
"""In the ledger, while a box goes back: the snapshot's directory."""


def finish(entry: Entry) -> None:
    """Put a box back to the end that is down."""
    files = BoxFiles(entry.details["box"])
    ledger = Ledger(files.box)
    with volume.opened(files.site(), files, ledger):
        try:
            copies.of(files, ledger).put(Path(entry.key).name)
        except copies.GoneError as gone:
            raise HarnessError(
                f"the box {files.box!r} was on its way back to a snapshot, and that is gone",
                where=gone.where,
                remedy=f"./icebox stop --box {files.box} --destroy, then start it anew",
            ) from None


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
    if suspension.is_left(ledger):
        _go_on(box)
        suspension.forget(box)
    for entry in ledger.of_kind(snapshot.KIND):
        copies.undo(entry)
        if not suspension.since(ledger):
            _go_on(box)
        ledger.gone(entry)
    return box


def _go_on(box: Box) -> None:
    """A node whose clock can't be set is no reason to leave the rest as it is; checks tell of it."""
    with contextlib.suppress(clocks.UnsetError):
        suspension.go_on(box)


def release(name: str, ledger: Ledger, warn: Callable[[str], None], *, go_on: bool) -> None:
    """The same of a box that is about to end; have one ``go_on`` that stands still, so that it ends in order.

    Nodes that resist end by their plug.  The caller holds the lock.
    """
    try:
        if is_left(ledger):
            settle(name, ledger)
        if go_on and is_up(name, ledger):
            suspension.let_go(attach(name))
    except HarnessError as error:
        warn(str(error))


def standstill(box: Box) -> str:
    """In words, why a box that is up stands still; empty if it does not, or for a snapshot's moment only."""
    if suspension.is_left(box.ledger):
        return "suspended in part, by a command that was cut short"
    if suspension.is_begun(box.ledger):
        return "about to be suspended, or to go on"
    if not box.dom0.suspended:
        return ""
    if since := suspension.since(box.ledger):
        return f"{'saved' if suspension.is_saved(box.ledger) else 'suspended'} since {since}"
    making = box.ledger.of_kind(snapshot.KIND)
    if any(not snapshot.is_left(entry) for entry in making):
        return ""
    return f"suspended by {'a snapshot that was killed' if making else 'no command of icebox'}"


def is_left(ledger: Ledger) -> bool:
    """Whether there is something to settle."""
    cut_short = ledger.of_kind(REVERT) or ledger.of_kind(snapshot.KIND)
    return bool(cut_short) or suspension.is_left(ledger) or spare.is_left(ledger)
