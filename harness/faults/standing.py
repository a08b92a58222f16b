"""Faults that are in a box: written into its ledger before they are put in, and until they are taken out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from harness import process
from harness.box.box import Box
from harness.deadline import wait_for
from harness.errors import HarnessError, IceboxError, InputError
from harness.faults import hands
from harness.faults.fault import Fault
from harness.faults.registry import find
from harness.ledger import Entry, Ledger
from harness.site import Node

KIND = "fault"
"""In the ledger; its key is the fault's name, or for a hidden one a number."""
BOOTING = 30.0
"""Seconds until a node's systemd answers; one on an idle machine."""
PATIENCE = 15.0
"""Seconds to wait for another process that puts or takes one."""


@dataclass(frozen=True)
class Standing:
    """A fault that is, or may be, in a box."""

    fault: Fault
    entry: Entry

    @property
    def hidden(self) -> bool:
        return "hidden" in self.entry.details


def standing(ledger: Ledger) -> tuple[Standing, ...]:
    """Those that the ledger knows of, oldest first; what another version of icebox put in is left to that."""
    found = {entry.details.get("fault", ""): entry for entry in ledger.of_kind(KIND)}
    return tuple(Standing(fault, entry) for name, entry in found.items() for fault in find(name))


def put(box: Box, fault: Fault, *, key: str = "", **details: str) -> None:
    """Put a fault into a box; raises InputError if it is in, HarnessError if that fails or the box is gone.

    What fails half way is taken back at once.  A process that is killed leaves it known: ``take`` undoes it.
    """
    with box.ledger.locked(PATIENCE):
        if box.ledger.is_over:
            # An interrupted drill takes its boxes down while others still hold trials on them.
            raise HarnessError(f"the box {box.name!r} was taken down meanwhile", where=fault.name)
        if any(each.fault == fault for each in standing(box.ledger)):
            what = "a hidden fault" if key else f"the fault {fault.name}"
            raise InputError(
                f"{what} is in the box {box.name!r} already", remedy=f"./icebox fault take --box {box.name}"
            )
        since = datetime.now(UTC).isoformat(timespec="seconds")
        entry = box.ledger.intend(KIND, key or fault.name, fault=fault.name, since=since, **details)
        try:
            for step in fault.steps:
                hands.put(box, fault, step)
        except BaseException:
            _take(box, Standing(fault, entry))
            raise


def take(box: Box, each: Standing) -> None:
    """Take a fault out; also one that somebody mended, and what is left of one put in half."""
    with box.ledger.locked(PATIENCE):
        _take(box, each)


def take_all(box: Box) -> list[str]:
    """Take out all faults, the newest first; the caller holds the ledger's lock.  Errors are raised last."""
    taken, failed = [], []
    for each in reversed(standing(box.ledger)):
        try:
            _take(box, each)
            taken.append(each.fault.name)
        except HarnessError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return taken


def take_left(box: Box, warn: Callable[[str], None]) -> list[str]:
    """Take out, of a box whose nodes boot, what outlived its power; the caller holds the ledger's lock."""
    if not box.ledger.of_kind(KIND):
        return []
    try:
        for node in box.site.nodes:
            wait_for(f"{node} to boot", partial(_boots, box, node), BOOTING * box.pace, where=str(node))
        return take_all(box)
    except IceboxError as error:
        warn(str(error))
        return []


def _boots(box: Box, node: Node) -> bool:
    inside = box.inside(node)
    return inside is not None and inside.run("systemctl show --property=Version").ok


@contextmanager
def within(box: Box, fault: Fault) -> Iterator[None]:
    """A box with a fault in it for as long as the block runs; the fault goes with this process."""
    put(box, fault, by=process.signature(os.getpid()))
    try:
        yield
    finally:
        for each in standing(box.ledger):
            if each.fault == fault:
                take(box, each)


def take_own(box: Box) -> None:
    """Take out what this process put in to take out itself."""
    own = process.signature(os.getpid())
    for each in reversed(standing(box.ledger)):
        if each.entry.details.get("by") == own:
            take(box, each)


def orphans(ledger: Ledger) -> tuple[Standing, ...]:
    """Faults put in by a process that was to take them out, and died."""
    return tuple(
        each
        for each in standing(ledger)
        if "by" in each.entry.details and not process.is_signature(each.entry.details["by"])
    )


def _take(box: Box, each: Standing) -> None:
    for step in reversed(each.fault.steps):
        hands.take(box, each.fault, step)
    box.ledger.gone(each.entry)
