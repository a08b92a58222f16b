"""Taking a box down: orderly with what students stored kept, or wholly."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from harness.box.box import Box, attach
from harness.box.files import BoxFiles
from harness.console import Console
from harness.dom0 import embedded, process
from harness.errors import WaitError
from harness.ledger import Entry, Ledger, LedgerBusyError, Undo, boxes
from harness.site import Node

POWER_OFF = 30.0
"""Seconds a node gets to end its services before it is pulled."""
RUNNING = frozenset({"holder", "cgroup", "directory", "owner"})
"""Kinds of the ledger that end with the run; ``data`` stays until the box is destroyed."""


def _nothing(_: Entry) -> None:
    """The owner is a note, not a resource."""


UNDO: Mapping[str, Undo] = {**embedded.UNDO, "data": embedded.remove_directory, "owner": _nothing}


def stop(name: str, console: Console, *, destroy: bool = False) -> None:
    """Take the box down; with ``destroy`` remove also its keys, disks and what students stored."""
    ledger = Ledger(name)
    with ledger.locked():
        if not destroy and embedded.is_up(name, ledger):
            with console.stage("power off"):
                power_off(attach(name))
        with console.stage("remove" if destroy else "clean up"):
            ledger.replay(UNDO, None if destroy else RUNNING)
    if destroy:
        ledger.forget_lock()


def power_off(box: Box) -> None:
    """End the nodes' services in order; a node that does not end in time is left for the plug."""
    box.close()
    fresh = attach(box.name)
    with ThreadPoolExecutor(max_workers=len(box.site.nodes)) as pool:
        list(pool.map(lambda node: _power_off_one(fresh, node), box.site.nodes))
    fresh.close()


def _power_off_one(box: Box, node: Node) -> None:
    with contextlib.suppress(WaitError):
        box.hypervisor.power_off(box.domain(node), POWER_OFF)


def is_dead(name: str) -> bool:
    """True for a box whose dom0 or whose owner has died, so that what is left of it may be removed."""
    ledger = Ledger(name)
    entries = ledger.open_entries()
    running = [entry for entry in entries if entry.kind in RUNNING]
    if not running:
        return False
    if not embedded.is_up(name, ledger):
        return True
    owners = [entry for entry in entries if entry.kind == "owner"]
    return any(not owner_alive(owner) for owner in owners)


def owner_alive(owner: Entry) -> bool:
    """Whether the process that owns a box still runs."""
    return process.started(int(owner.key)) == owner.details.get("started")


def clean(console: Console, only: str = "") -> list[str]:
    """Remove what is left of dead boxes (all, or ``only`` one); boxes that are alive are not touched.

    Returns the names of those cleaned.
    """
    cleaned = []
    for name in [only] if only else boxes():
        ledger = Ledger(name)
        with contextlib.suppress(LedgerBusyError), ledger.locked():
            if not is_dead(name):
                continue
            ephemeral = any(entry.kind == "owner" for entry in ledger.open_entries())
            with console.stage(f"clean up {name}"):
                ledger.replay(UNDO, None if ephemeral else RUNNING)
            cleaned.append(name)
    return cleaned


def keeps_data(name: str) -> bool:
    """Whether a box that is down has kept what students stored."""
    return BoxFiles(name).top.exists()


def disown(name: str) -> None:
    """Let a box outlive the process that brought it up."""
    ledger = Ledger(name)
    for entry in ledger.open_entries():
        if entry.kind == "owner":
            ledger.gone(entry)
