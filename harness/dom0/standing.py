"""The dom0 that stands for a box, of whatever kind it is: found by what the ledger has of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.dom0.dom0 import Dom0
from harness.dom0.kinds import KINDS
from harness.errors import HarnessError, UnreachableError
from harness.ledger import Ledger, Undo


def attach(box: str, ledger: Ledger) -> Dom0:
    """The dom0 of a box that is up; raises HarnessError if it is not, UnreachableError if nobody can tell."""
    found = next(_found(box, ledger), None)
    if found is None:
        raise HarnessError(
            f"the box {box!r} is not up",
            why="its dom0 is not running",
            remedy=f"./icebox start --box {box}",
        )
    return found


def is_up(box: str, ledger: Ledger) -> bool:
    """Whether it is, or may be: one whose host can't be reached must not be taken for dead."""
    try:
        return any(_found(box, ledger))
    except UnreachableError:
        return True


def _found(box: str, ledger: Ledger) -> Iterator[Dom0]:
    kinds = KINDS.all().values()
    marks = {entry.kind for entry in ledger.open_entries()}
    for kind in kinds:
        if kind.MARK in marks and (dom0 := kind.find(box, ledger)):
            yield dom0


def undo() -> Mapping[str, Undo]:
    """How what any kind of dom0 writes into the ledger is removed when a run ends."""
    return {name: action for kind in KINDS.all().values() for name, action in kind.UNDO.items()}


def undo_stored() -> Mapping[str, Undo]:
    """How what outlives a run is removed when the box is destroyed."""
    return {name: action for kind in KINDS.all().values() for name, action in kind.STORED.items()}
