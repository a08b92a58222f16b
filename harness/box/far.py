"""What a laptop's harness does on the machine that is its remote dom0 (``harness/dom0/sent.py``).

It runs there as ``main WHAT JSON PACE`` by Python's standard library alone, and prints one line of JSON:
``done`` or ``error``.  The box stands in the journal of this machine as any other does, and with whose laptop
made it.  All that it waits for is on this machine, so it has longer by its pace.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from harness import durable, process, state, umask
from harness.box import copies, host, relaid
from harness.box.copies import Copies
from harness.box.files import BoxFiles
from harness.deadline import go_by
from harness.dom0 import shelf as shelves
from harness.dom0.driveset import DriveSet
from harness.dom0.kinds import KINDS, USUAL
from harness.dom0.standing import undo, undo_stored
from harness.errors import HostError, IceboxError, InputError
from harness.ledger import Entry, LaterLedgerError, Ledger, LedgerBusyError, Undo, boxes
from harness.site import Node, Role
from harness.undo import remove_directory
from harness.virt import packages as needs
from harness.virt import xl

PATIENCE = 15.0
"""Seconds for another process that is at the same box, or at the layers."""
XEN = "xen"
"""The driver whose machines this one's own system does not have."""
LAYERS = "sent"
"""The journal of layers that laptops have sent, beside them."""
NOTE = "image"
"""In a box's directory: which layers it boots from (``harness/image/build.py``)."""

# What kinds of dom0 write into ledgers has to be known before one is read.
undo()


def _nothing(_: Entry) -> None:
    """Notes are no resources."""


def _undoing() -> Mapping[str, Undo]:
    notes = dict.fromkeys(("accounts", "kept", "laptop", "owner"), _nothing)
    return {**undo(), **undo_stored(), **notes, "data": remove_directory}


def check(nodes: int) -> None:
    host.check(nodes)


def check_machines(
    driver: str, packages: Mapping[str, Sequence[str]], domain: str, nodes: Sequence[Mapping[str, Any]]
) -> None:
    """What this machine lacks to run nodes with a kernel of their own, and to start such ``nodes``."""
    needs.check(driver, packages)
    if driver != XEN:
        return
    xl.check()
    wanted = {
        Node(each["name"], Role(each["role"]), IPv4Address(each["address"]), domain): int(each["memory"])
        for each in nodes
    }
    if wanted:
        xl.check_room(wanted)


def check_shelf(box: str, laptop: str, shelf: Mapping[str, Any]) -> None:
    """What keeps a box's machines from having their drives there."""
    _refuse_other(Ledger(box), laptop)
    shelves.check(box, shelves.of(shelf), Ledger(box))


def start(box: str, laptop: str, accounts: str, shelf: Mapping[str, Any] | None = None) -> None:
    """Hold a dom0 here, far enough for a hypervisor's daemon."""
    state.make_home()
    ledger = Ledger(box)
    with ledger.locked(PATIENCE):
        _refuse_other(ledger, laptop)
        _refuse_same_numbers(box, accounts)
        ledger.replay(_undoing(), frozenset(undo()))
        ledger.intend("laptop", laptop)
        ledger.intend("data", str(BoxFiles(box).top))
        if accounts:
            ledger.intend("accounts", accounts)
        ledger.intend("kept", box, boot=process.boot())
        BoxFiles(box).make()
        try:
            KINDS.of(USUAL).start(box, ledger, shelf=shelves.of(shelf)).tell_laptop()
        except BaseException:
            ledger.replay(_undoing(), frozenset(undo()))
            raise


def _refuse_other(ledger: Ledger, laptop: str) -> None:
    entries = ledger.open_entries()
    whose = [entry.key for entry in entries if entry.kind == "laptop"]
    if entries and whose != [laptop]:
        raise HostError(
            f"there is another box named {ledger.box!r} on that machine",
            where=str(ledger.path),
            why="another laptop made it" if whose else "an icebox there made it",
            remedy="choose another name with --box NAME",
        )


def _refuse_same_numbers(box: str, accounts: str) -> None:
    """Accounts of two boxes with the same numbers would be one to the kernel (``harness/box/numbers.py``)."""
    for name in boxes():
        with contextlib.suppress(LaterLedgerError):
            if name != box and accounts in [entry.key for entry in Ledger(name).of_kind("accounts")]:
                raise HostError(
                    f"the accounts of the box would have the numbers of those of the box {name!r} there",
                    where=str(Ledger(name).path),
                    why="numbers are given by a box's name",
                    remedy="choose another name with --box NAME",
                )


def share(box: str, laptop: str, layers: Sequence[str]) -> list[str]:
    """Which layers are to be sent; on record, as all that comes, when this returns."""
    _refuse_other(Ledger(box), laptop)
    images, journal = state.image_dir(), Ledger(LAYERS, state.image_dir())
    missing = []
    with journal.locked(PATIENCE):
        for name in layers:
            if not (images / name).is_dir():
                journal.intend("directory", str(images / name))
                missing.append(name)
        durable.write(BoxFiles(box).top / NOTE, "\n".join(layers) + "\n")
    return missing


def lay(
    box: str,
    laptop: str,
    machines: Sequence[Mapping[str, str]],
    drives: Sequence[Mapping[str, Any]],
    homes: Sequence[tuple[str, int, int, int]],
) -> None:
    """What nodes write in, as ``harness.box.disks`` and ``bringup`` make it, and drives of those that have a
    kernel of their own."""
    _refuse_other(Ledger(box), laptop)
    for machine in machines:
        written = Path(machine["written"])
        for part in ("upper", "work"):
            (written / part).mkdir(parents=True, exist_ok=True)
        (written / "upper").chmod(0o755)
        relaid.uncover(Path(machine["layer"]), written / "upper")
    for each in map(DriveSet.of, drives):
        if each.written:
            each.written.mkdir(parents=True, exist_ok=True)
        each.lay(relaid.laid_anew(each.layer) if each.layer else ())
    for path, mode, owner, group in homes:
        Path(path).mkdir(exist_ok=True)
        os.chmod(path, mode)
        os.chown(path, owner, group)


def check_room(box: str, laptop: str) -> None:
    """Whether the disk has room for one more copy of what nodes have written."""
    _refuse_other(Ledger(box), laptop)
    Copies(BoxFiles(box)).check_room()


def keep(box: str, laptop: str, name: str) -> int:
    """Copy what nodes have written, and say how many bytes that takes."""
    ledger, files = Ledger(box), BoxFiles(box)
    _refuse_other(ledger, laptop)
    with ledger.locked(PATIENCE):
        _forget(files, name)
        entry = ledger.intend("directory", str(copies.partial_of(files, name)))
        try:
            Copies(files).keep(name)
            size = Copies(files).size(name)
            copies.run("sync", "-f", entry.key)
            Path(entry.key).rename(files.snapshots / name)
        finally:
            remove_directory(entry)
            ledger.gone(entry)
    return size


def check_copy(box: str, laptop: str, name: str) -> None:
    """Whether a copy could be put back."""
    _refuse_other(Ledger(box), laptop)
    Copies(BoxFiles(box)).check(name)


def put(box: str, laptop: str, name: str) -> None:
    """Have what nodes wrote be what a copy has."""
    _refuse_other(Ledger(box), laptop)
    with Ledger(box).locked(PATIENCE):
        Copies(BoxFiles(box)).put(name)


def drop(box: str, laptop: str, name: str) -> None:
    """Remove a copy, in whatever state it is."""
    _refuse_other(Ledger(box), laptop)
    with Ledger(box).locked(PATIENCE):
        _forget(BoxFiles(box), name)


def _forget(files: BoxFiles, name: str) -> None:
    for path in (copies.partial_of(files, name), files.snapshots / name):
        remove_directory(Entry("directory", str(path)))


def stop(box: str, laptop: str) -> None:
    """End what runs; what nodes wrote is kept."""
    _end(box, laptop, frozenset(undo()))


def destroy(box: str, laptop: str) -> None:
    """Remove all of the box, and layers that laptops sent and no box here boots from."""
    _end(box, laptop, frozenset(_undoing()))
    used = {name for each in boxes() for name in _used(each)}
    journal = Ledger(LAYERS, state.image_dir())
    if not journal.path.exists():
        return
    # Another laptop's box that is just coming up has written down what it uses before it sends that.
    with contextlib.suppress(LedgerBusyError), journal.locked(PATIENCE):
        for entry in journal.open_entries():
            if Path(entry.key).name not in used:
                remove_directory(Entry(entry.kind, f"{entry.key}.partial"))
                remove_directory(entry)
                journal.gone(entry)


def _end(box: str, laptop: str, kinds: frozenset[str]) -> None:
    ledger = Ledger(box)
    if not ledger.path.exists():
        return
    with ledger.locked(PATIENCE):
        entries = ledger.open_entries()
        if Entry("laptop", laptop) in entries:
            ledger.replay(_undoing(), kinds)
            remove_directory(Entry("directory", str(BoxFiles(box).saved)))


def _used(box: str) -> list[str]:
    path = BoxFiles(box).top / NOTE
    return path.read_text().split() if path.exists() else []


DEEDS: Mapping[str, Callable[..., object]] = {
    deed.__name__: deed
    for deed in (
        *(check, check_machines, check_shelf, start, share, lay),
        *(check_room, keep, check_copy, put, drop, stop, destroy),
    )
}


def main(what: str, words: str, pace: str = "1") -> None:
    umask.ours()
    go_by(float(pace))
    try:
        said: dict[str, object] = {"done": DEEDS[what](**json.loads(words))}
    except IceboxError as error:
        said = {"error": _told(error)}
    except OSError as error:
        lacking = HostError(error.strerror or str(error), where=str(error.filename or ""))
        said = {"error": _told(lacking)}
    print(json.dumps(said))
    sys.stdout.flush()


def _told(error: IceboxError) -> Mapping[str, object]:
    bad_host = isinstance(error, HostError | InputError)
    parts = {name: getattr(error, name) for name in ("what", "where", "why", "remedy")}
    return {"bad_host": bad_host, **parts}
