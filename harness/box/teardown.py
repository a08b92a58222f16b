"""Taking a box down: orderly with what students stored kept, or wholly; and removing what dead ones left."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping

from harness import process, state
from harness.box import atboot, copies, pending, records, snapshot, spare, suspension, volume
from harness.box.box import Box, attach
from harness.console import Console
from harness.deadline import side_by_side
from harness.dom0.standing import is_up, undo, undo_stored
from harness.errors import HarnessError, IceboxError
from harness.faults import standing
from harness.image import base
from harness.install import record as installed
from harness.interrupt import held
from harness.ledger import Entry, LaterLedgerError, Ledger, LedgerBusyError, LedgerError, Undo, boxes, tidy
from harness.undo import remove_directory

PATIENCE = 15.0
"""Seconds to wait for another process that starts, stops or looks after the same box."""

# What kinds of dom0 write into ledgers has to be known before one is read.
undo()


def _nothing(_: Entry) -> None:
    """Notes are no resources: owner, kept, the numbers of accounts, whose laptop made the box.  A fault goes
    with its node's disk."""


def of_dom0() -> frozenset[str]:
    """Kinds of the ledger that end with the dom0."""
    return frozenset(undo())


def running() -> frozenset[str]:
    """Kinds of the ledger that end with the run; ``data`` stays until destroyed, once it was ``kept``."""
    pending_ones = {snapshot.KIND, pending.REVERT, spare.KIND, suspension.KIND}
    return of_dom0() | pending_ones | {"owner", records.KIND, volume.KIND}


def undoing() -> Mapping[str, Undo]:
    """How each kind of the ledger is removed."""
    return {
        **undo(),
        **undo_stored(),
        "accounts": _nothing,
        "laptop": _nothing,
        atboot.KIND: atboot.undo,
        "data": remove_directory,
        records.KIND: records.withdraw,
        volume.KIND: volume.undo,
        snapshot.KIND: copies.undo,
        pending.REVERT: pending.finish,
        spare.KIND: spare.remove,
        suspension.KIND: suspension.undo,
        standing.KIND: _nothing,
        **installed.UNDO,
        "owner": _nothing,
        "kept": _nothing,
    }


def stop(name: str, console: Console, *, destroy: bool = False) -> None:
    """Take the box down; with ``destroy`` remove also its keys, disks and what students stored.

    From here on the box dies with this process: what a kill leaves half down is dead, and not up.
    """
    ledger = Ledger(name)
    with ledger.locked(PATIENCE):
        tell_dead(ledger, console)
        own(ledger)
        pending.release(name, ledger, console.warn, go_on=not destroy)
        if not destroy and is_up(name, ledger):
            take_faults(attach(name), console)
            with console.stage("power off"):
                power_off(attach(name))
        with console.stage("remove" if destroy else "clean up"), held():
            if destroy:
                destroy_all(ledger)
            else:
                _undo(ledger, running())


def destroy_all(ledger: Ledger) -> None:
    """Remove all of a box that is down."""
    for given_up in [*ledger.of_kind("kept"), *ledger.of_kind(pending.REVERT)]:
        # First of all: if this process is killed, what is left is nobody's.
        ledger.gone(given_up)
    _undo(ledger, frozenset(undoing()))


def _undo(ledger: Ledger, kinds: frozenset[str]) -> None:
    """Remove what is of these kinds; owners last, since a box without one is taken for one that is whole."""
    spare.give_up(ledger)
    try:
        ledger.replay(undoing(), kinds - {"owner"})
    except LedgerError as error:
        if names_alone(error):
            ledger.replay(undoing(), frozenset({"owner"}))
        raise
    ledger.replay(undoing(), frozenset({"owner"}))


def take_faults(box: Box, console: Console) -> None:
    """Take out what was broken on purpose, which would outlast the box's power; what resists is said."""
    if not box.ledger.of_kind(standing.KIND):
        return
    with console.stage("take out faults"):
        try:
            standing.take_all(box)
        except IceboxError as error:
            console.warn(str(error))
    box.close()


def power_off(box: Box) -> None:
    """End the nodes' services in order; a node that does not end in time is left for the plug."""
    box.machines.mend()
    side_by_side(box.machines.power_off, box.site.nodes, len(box.site.nodes))
    box.close()


def own(ledger: Ledger, caller: str = "") -> None:
    """Write down that the box dies with this process, until ``keep``.

    ``caller`` is the process it works for, as ``process.signature`` gives it.
    """
    whose = {"caller": caller} if caller else {}
    ledger.intend("owner", str(os.getpid()), identity=process.identity(os.getpid()), **whose)


def keep(ledger: Ledger) -> None:
    """Let a box that is ready outlive the process that brought it up, and what is stored in it each stop."""
    ledger.intend("kept", ledger.box, boot=process.boot())
    for owner in ledger.of_kind("owner"):
        ledger.gone(owner)


def is_kept(ledger: Ledger) -> bool:
    """Whether what is stored in the box outlives its run."""
    return bool(ledger.of_kind("kept"))


def undo_run(ledger: Ledger) -> None:
    """Remove what ends with the run of a box, and all of a box that was never meant to be kept."""
    begun = installed.KINDS if installed.is_unfinished(ledger) else frozenset()
    with held():
        _undo(ledger, running() | begun if is_kept(ledger) else frozenset(undoing()))


def names_alone(error: LedgerError) -> bool:
    """Whether all that is left are names at a DNS provider: in nobody's way, and taken back later."""
    return error.kinds == {records.KIND}


def live_owner(ledger: Ledger) -> int:
    """The process that brings the box up or checks it; 0 if there is none."""
    return next((int(owner.key) for owner in ledger.of_kind("owner") if owner_alive(owner)), 0)


def tidier(ledger: Ledger) -> int:
    """The process that takes the box down since what it worked for was killed; 0 if there is none."""
    callers = (owner.details.get("caller", "") for owner in ledger.of_kind("owner") if owner_alive(owner))
    return live_owner(ledger) if any(each and not process.is_signature(each) for each in callers) else 0


def tidying(name: str) -> str:
    """In words, who still takes a box down on whose behalf nobody waits any more; empty if nobody does."""
    try:
        pid = tidier(Ledger(name))
    except LaterLedgerError:
        return ""
    return f"process {pid} takes it down; what it worked for was killed" if pid else ""


def is_dead(name: str) -> bool:
    """True for a box whose owner or, without one, whose dom0 has died: what is left of it may be removed.

    A box that is down and was kept is not dead; one whose removal was cut short is.
    """
    ledger = Ledger(name)
    entries = ledger.open_entries()
    if not any(entry.kind in running() for entry in entries):
        return bool(entries) and not is_kept(ledger)
    if any(entry.kind == "owner" for entry in entries):
        return not live_owner(ledger)
    return not is_up(name, ledger)


def tell_dead(ledger: Ledger, console: Console) -> None:
    """Say so of a box that died before what is left of it is removed."""
    if is_dead(ledger.box):
        console.note(f"The box {ledger.box!r}: {why_dead(ledger)}. What is left of that run is removed.")


def why_dead(ledger: Ledger) -> str:
    """In words, what became of a box that is dead."""
    if ledger.of_kind(pending.REVERT):
        return "what put it back to a snapshot died"
    for kind, what in (("owner", "the process that saw to it"), ("kept", "its dom0")):
        for entry in ledger.of_kind(kind):
            boot = entry.details.get("boot") or entry.details.get("identity", "").partition(".")[0]
            rebooted = boot not in ("", process.boot())
            return "this machine was booted anew while it was up" if rebooted else f"{what} died"
    return "its removal was cut short"


def owner_alive(owner: Entry) -> bool:
    """Whether the process that owns a box still runs, and not another with its number."""
    number = int(owner.key) if re.fullmatch(r"[1-9][0-9]{0,9}", owner.key) else 0
    return number != 0 and process.identity(number) == owner.details.get("identity")


def _settle_orphans(console: Console, only: str) -> None:
    """Take back what a killed suspend, snapshot or revert left of boxes that are up."""
    for name in [only] if only else boxes():
        ledger = Ledger(name)
        with contextlib.suppress(LedgerBusyError, LaterLedgerError):
            try:
                if pending.is_left(ledger) and is_up(name, ledger):
                    with ledger.locked():
                        pending.settle(name, ledger)
            except HarnessError as error:  # of one on a machine that is not reached: others go on
                console.warn(str(error))


def _take_orphans(console: Console, only: str) -> None:
    """Mend boxes that are up and have faults of a drill that died."""
    for name in [only] if only else boxes():
        ledger = Ledger(name)
        with contextlib.suppress(LedgerBusyError, LaterLedgerError):
            if standing.orphans(ledger) and is_up(name, ledger):
                box = attach(name)
                for each in standing.orphans(ledger):
                    with console.stage(f"take the fault {each.fault.name} out of {name}"):
                        standing.take(box, each)
                box.close()


def clean(console: Console, only: str = "", *, forget_names: bool = False) -> list[str]:
    """Remove what is left of dead boxes (all, or ``only`` one); boxes that are alive are not touched.

    ``forget_names`` leaves their names with DNS providers as they are, for good.  Returns the names of those
    cleaned.  Goes on after a box that resists, or that a later icebox made, and raises its error last.
    """
    cleaned: list[str] = []
    failures: list[LedgerError | LaterLedgerError] = []
    for name in [only] if only else boxes():
        try:
            if _clean_one(name, console, forget_names=forget_names):
                cleaned.append(name)
        except (LedgerError, LaterLedgerError) as error:
            failures.append(error)
    _settle_orphans(console, only)
    _take_orphans(console, only)
    if not only:
        base.clean()
        _clean_sessions()
        for directory in (state.ledger_dir(), state.session_dir(), state.image_dir()):
            tidy(directory)
    if failures:
        raise failures[0]
    return cleaned


def _clean_one(name: str, console: Console, *, forget_names: bool) -> bool:
    if not is_dead(name):
        return False
    ledger = Ledger(name)
    with contextlib.suppress(LedgerBusyError), ledger.locked():
        # Now that nobody else is at it, look again.
        if is_dead(name):
            for entry in ledger.of_kind(records.KIND) if forget_names else ():
                ledger.gone(entry)
                left = ", ".join(f"{each.name} at {each.address}" for each in records.records_of(entry))
                console.warn(f"left as they are at the {entry.key}: {left or 'names of the box'}")
            tell_dead(ledger, console)
            with console.stage(f"clean up {name}"):
                undo_run(ledger)
            return True
    return False


def _clean_sessions() -> None:
    """What test sessions that were killed left outside of any box."""
    for name in boxes(state.session_dir()):
        ledger = Ledger(name, state.session_dir())
        with contextlib.suppress(LedgerBusyError, LaterLedgerError), ledger.locked():
            if not live_owner(ledger):
                ledger.replay(undoing())
