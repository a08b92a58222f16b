"""A spare run of a box: a second dom0 with all nodes, booted ahead from a snapshot, which stands still.

To go back to that snapshot is to have it go on in the place of the first.  It is made in the background
(``harness.box.ahead``), without the ledger's lock; whoever is about to end what there is of a box ends the
maker first, so nothing is made meanwhile.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import process
from harness.box.box import Box
from harness.box.files import BoxFiles
from harness.box.snapshot import Snapshot
from harness.deadline import side_by_side, wait_for
from harness.dom0 import standing
from harness.dom0.kinds import KINDS
from harness.errors import WaitError
from harness.ledger import Entry, Ledger

KIND = "spare"
"""In the ledger: where its nodes write, and of which snapshot it is; while it is made, what marks the maker;
once it stands still, its control group and the box's address.  With neither it is files that are left."""
ENDING = 30.0
"""Seconds until a maker is gone that was killed; milliseconds on an idle machine."""
MAKING = 15.0
"""Seconds that a spare run is awaited which is being made; to boot instead takes three on an idle machine."""
OLD = "old"
"""Beside what its nodes write: what those of the first had written, until it is removed."""


@dataclass(frozen=True)
class SpareFiles(BoxFiles):
    """The files of a box as its spare run has them: nodes write elsewhere, and all else is the same."""

    @property
    def stored(self) -> Path:
        return BoxFiles(self.box).stored / KIND


def begun(ledger: Ledger, wanted: Snapshot) -> str:
    """Write down that one is made; whoever makes it bears the mark that comes back, after the box's name."""
    mark = f"{KIND}.{secrets.token_hex(8)}"
    _note(ledger, **_which(wanted), mark=mark)
    return mark


def is_wanted(ledger: Ledger, mark: str) -> bool:
    """Whether the one that bears this mark is still to be made."""
    return any(entry.details.get("mark") == mark for entry in ledger.of_kind(KIND))


def stands(ledger: Ledger, wanted: Snapshot, group: str, address: str) -> None:
    """Write down that it stands still, ready to go on."""
    _note(ledger, **_which(wanted), group=group, address=address)


def _note(ledger: Ledger, **details: str) -> Entry:
    return ledger.intend(KIND, str(SpareFiles(ledger.box).stored), **details)


def is_of(entry: Entry, wanted: Snapshot) -> bool:
    """Whether it is of that snapshot, and not of an earlier one of its name."""
    return _which(wanted).items() <= entry.details.items()


def _which(wanted: Snapshot) -> dict[str, str]:
    return {"snapshot": str(wanted.path), "at": str(wanted.at)}


def is_ready(ledger: Ledger, wanted: Snapshot) -> bool:
    """Whether one of this snapshot stands still, ready to go on."""
    return any("group" in entry.details and is_of(entry, wanted) for entry in ledger.of_kind(KIND))


def is_left(ledger: Ledger) -> bool:
    """Whether there is something that nobody makes any more."""
    return any("group" not in entry.details and not _is_made(ledger, entry) for entry in ledger.of_kind(KIND))


def _is_made(ledger: Ledger, entry: Entry) -> bool:
    return "mark" in entry.details and any(process.marked(ledger.box, entry.details["mark"]))


def wait(ledger: Ledger, wanted: Snapshot) -> None:
    """Wait for one of a snapshot that is being made; not for long, and not holding the ledger's lock."""

    def over() -> bool:
        making = (entry for entry in ledger.of_kind(KIND) if is_of(entry, wanted))
        return not any(_is_made(ledger, entry) for entry in making)

    with contextlib.suppress(WaitError):
        wait_for("a spare run of the box", over, MAKING, pause=0.1)


def give_up(ledger: Ledger) -> None:
    """End who makes one; what there is of it stands in the ledger.  The caller holds the lock."""
    for entry in ledger.of_kind(KIND):
        if "mark" in entry.details:
            process.end_marked(ledger.box, entry.details["mark"], ENDING, groups=True)


def settle(box: Box) -> None:
    """Do to its end a change of place that was cut short, and remove what nobody makes any more."""
    for entry in box.ledger.of_kind(KIND):
        if entry.details.get("group") == box.dom0.partition:
            _follow(box)
    if is_left(box.ledger):
        drop(box)


def end(box: Box) -> None:
    """End the spare run of a box that is up, and leave its files; the caller holds the ledger's lock."""
    give_up(box.ledger)
    _end_others(box)


def drop(box: Box) -> None:
    """The same, and remove them."""
    end(box)
    for entry in box.ledger.of_kind(KIND):
        remove(entry)
        box.ledger.gone(entry)


def remove(entry: Entry) -> None:
    """Remove what its nodes have written; they have ended."""
    if Path(entry.key).is_dir():
        shutil.rmtree(entry.key)


def takes_place(box: Box, wanted: Snapshot, ready: Callable[[Box], None]) -> bool:
    """Have the spare run of a snapshot go on in the place of the first; False if there is none that fits.

    The first ends while ``ready`` is done with the box.  The caller holds the ledger's lock, and has written
    down that the box goes back.  Raises HarnessError, and what ``ready`` raises.
    """
    fits = {**_which(wanted), "address": str(box.public_address)}
    for entry in box.ledger.of_kind(KIND):
        if "group" in entry.details and fits.items() <= entry.details.items():
            KINDS.of(box.site.dom0_kind).take_place(box.name)
            _follow(Box(box.site, standing.attach(box.name, box.ledger), box.files, box.ledger), ready)
            return True
    return False


def _follow(box: Box, ready: Callable[[Box], None] = lambda _: None) -> None:
    """What follows once its dom0 is the box's; done again, it comes to the same.  Old files are left."""
    box.dom0.resume()
    ahead = SpareFiles(box.name)
    old = ahead.stored / OLD
    old.mkdir(exist_ok=True)
    for path in ahead.written:
        place = box.files.stored / path.name
        if place.exists():
            place.rename(old / path.name)
        path.rename(place)
    with contextlib.closing(box):
        side_by_side(lambda each: each(box), (_end_others, ready), 2)
    _note(box.ledger)


def _end_others(box: Box) -> None:
    """End what there is of a dom0 of the box that is not its own.

    A box that can have a spare run has nothing in its ledger that both would share.
    """
    if not box.ledger.of_kind(KIND):
        return
    undo, own = standing.undo(), (box.dom0.partition, box.dom0.directory)
    for entry in reversed(box.ledger.open_entries()):
        if entry.kind in undo and entry.key not in own:
            undo[entry.kind](entry)
            box.ledger.gone(entry)
