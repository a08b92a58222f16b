"""A box that stands still: nodes, dom0 and the outside are held at one point.

Nodes with a kernel of their own are held by their hypervisor, one after the other, and then all processes of
the dom0 by the kernel's freezer; none goes on before all stand still.  The kernel's word counts; the ledger
tells who wanted it.  What stands still takes memory, and no processor; that of nodes with a kernel of their
own may lie in files meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from harness import process
from harness.box import clocks
from harness.box.box import Box
from harness.box.files import SAVED, BoxFiles
from harness.box.host import SPACE
from harness.box.ready import wait_until_ready
from harness.deadline import side_by_side
from harness.dom0.kinds import KINDS
from harness.errors import HarnessError, HostError, InputError
from harness.interrupt import held
from harness.ledger import Entry, Ledger
from harness.site import Node, Site
from harness.undo import remove_directory
from harness.virt import fleet

KIND = "suspended"
"""In the ledger: since when, until somebody has it go on; whether memory is in files; and by which process,
while one is at it."""


def check(site: Site) -> None:
    """Raises InputError for a box of which not all can stand still."""
    if not KINDS.of(site.dom0_kind).SUSPENDS:
        raise InputError(
            f"a box whose dom0 is of the kind {site.dom0_kind} can't be suspended, and has no snapshots",
            where="[dom0] kind of the site file",
            why="its processes can't be held all together",
        )
    others = [f"{node} ({node.hypervisor})" for node in site.nodes if not fleet.kind_of(node).SUSPENDS]
    if others:
        raise InputError(
            f"such nodes can't be suspended, and have no snapshots: {', '.join(others)}",
            where="hypervisor of the site file",
            why="their hypervisor has no way to hold them",
        )


def since(ledger: Ledger) -> str:
    """When somebody wanted the box to stand still, as ISO 8601 in UTC; empty if nobody did."""
    return next((entry.details.get("since", "") for entry in ledger.of_kind(KIND)), "")


def is_saved(ledger: Ledger) -> bool:
    """Whether memory of its nodes lies in files, or is about to."""
    return any("saved" in entry.details for entry in ledger.of_kind(KIND))


def is_left(ledger: Ledger) -> bool:
    """Whether who was about to suspend the box, or to have it go on, has died."""
    by = (entry.details.get("by", "") for entry in ledger.of_kind(KIND))
    return any(each and not process.is_signature(each) for each in by)


def saved(site: Site) -> Sequence[Node]:
    """Nodes whose memory can lie in files; raises InputError if none can."""
    check(site)
    nodes = [node for node in site.nodes if fleet.kind_of(node).saves(node)]
    if not nodes:
        raise InputError(
            "no node of this box has memory that could be written to the disk",
            where="hypervisor of the site file",
            why="a container is processes alone, and what shares a directory with its dom0 can't be saved",
            remedy="./icebox suspend has the box stand still in memory",
        )
    return nodes


def check_room(box: Box) -> None:
    """Raises HostError if the disk of the dom0 has too little room for the memory of its nodes."""
    own = fleet.memory(box.site)
    needed = sum(own[node] for node in saved(box.site)) * 1024 * 1024
    blocks, size = box.dom0.quietly("stat", "-f", "-c", "%a %S", box.dom0.files).split()
    free = int(blocks) * int(size)
    if free < needed + SPACE:
        raise HostError(
            f"too little space for the memory of nodes: {(needed + SPACE - free) / 1e6:.0f} MB are missing",
            where=f"{box.dom0.name}: {box.dom0.files}",
            why=f"{free / 1e6:.0f} MB are free; it takes {needed / 1e6:.0f} MB, to leave {SPACE / 1e6:.0f}",
            remedy="free some there",
        )


def undo(entry: Entry) -> None:
    """Remove what was kept of the memory of nodes, which have ended."""
    remove_directory(Entry(KIND, str(BoxFiles(entry.key).saved)))


def is_begun(ledger: Ledger) -> bool:
    """Whether somebody is just about to suspend the box, or to have it go on."""
    return any("by" in entry.details for entry in ledger.of_kind(KIND)) and not is_left(ledger)


def suspend(box: Box, *, save: bool = False) -> None:
    """Have a box stand still, and ``save`` what memory can be saved; the caller holds the ledger's lock.

    Raises HarnessError or HostError; then it goes on.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    details = {"since": now, **({"saved": "yes"} if save else {})}
    box.ledger.intend(KIND, box.name, **details, by=process.signature(os.getpid()))
    try:
        _hold(box, saved(box.site) if save else ())
    except BaseException:
        with suppress(clocks.UnsetError):
            go_on(box)
        forget(box)
        raise
    box.ledger.intend(KIND, box.name, **details)


def let_go(box: Box) -> None:
    """Have it go on, and don't look how; the caller holds the ledger's lock."""
    if box.dom0.suspended or box.ledger.of_kind(KIND):
        _go_on(box)
    forget(box)


def forget(box: Box) -> None:
    """Write down that a box goes on, and remove what was kept of its nodes' memory."""
    if is_saved(box.ledger):
        box.dom0.quietly("rm", "-rf", _directory(box))
    for entry in box.ledger.of_kind(KIND):
        box.ledger.gone(entry)


def resume(box: Box) -> None:
    """Have it go on, put clocks and names right, and wait until every service answers; the caller holds the
    ledger's lock.

    Raises HarnessError for a clock that can't be set, DnsError, or WaitError that names services that don't
    answer.
    """
    if box.dom0.suspended or box.ledger.of_kind(KIND):
        for entry in box.ledger.of_kind(KIND):
            by = process.signature(os.getpid())
            box.ledger.intend(KIND, box.name, **{**entry.details, "by": by})
        _go_on(box)
        try:
            clocks.put_right(box)
        except clocks.UnsetError:
            forget(box)  # it goes on, and is said to
            raise
        forget(box)
        # It takes long to load, and most who load this module have no box that stood still.
        from harness.box import names

        names.renew(box)
    wait_until_ready(box, box.site.nodes)


@contextmanager
def still(box: Box) -> Iterator[None]:
    """Have a box stand still for as long as the block runs; one that does so already goes on doing it.

    Clocks are left to the caller.
    """
    if box.dom0.suspended:
        yield
        return
    try:
        _hold(box)
        yield
    finally:
        with held():
            _go_on(box)


def go_on(box: Box) -> None:
    """Have a box go on that stood still in part or as a whole, with clocks that are right; raises UnsetError.

    The caller holds the ledger's lock.
    """
    _go_on(box)
    clocks.put_right(box)


def _hold(box: Box, saved: Sequence[Node] = ()) -> None:
    nodes, abreast = _guests(box.site), fleet.abreast(box.site)
    if nodes:
        box.machines.mend()
        side_by_side(box.machines.suspend, nodes, len(nodes))
    if saved:
        up = box.machines.running()
        box.dom0.quietly("sh", "-ec", 'rm -rf "$1"; mkdir -m 700 "$1"', "make", _directory(box))
        saving = [node for node in saved if node.name in up]
        side_by_side(lambda node: box.machines.save(node, _file(box, node)), saving, abreast)
        _check_saved(box, saving)
    box.dom0.suspend()


def _check_saved(box: Box, nodes: Sequence[Node]) -> None:
    """Raises HarnessError for a machine that is still there, and has no file: libvirt says of what it can't
    save the same as of what has ended."""
    there, up = _saved(box), box.machines.running()
    if unsaved := [node.name for node in nodes if node.name in up and node.name not in there]:
        raise HarnessError(
            f"the memory of {', '.join(unsaved)} was not written",
            where=_directory(box),
            why="their hypervisor can't save such machines",
            remedy="./icebox suspend has the box stand still in memory",
        )


def _go_on(box: Box) -> None:
    """Of nodes that were saved some may have been restored before, by who was killed then."""
    if box.dom0.suspended:
        box.dom0.resume()
    nodes = _guests(box.site)
    if not nodes:
        return
    box.machines.mend()
    if is_saved(box.ledger):
        left = [node for node in nodes if node.name in _saved(box) - {*box.machines.running()}]
        side_by_side(lambda node: _restore(box, node), left, fleet.abreast(box.site))
    side_by_side(box.machines.resume, nodes, len(nodes))


def _restore(box: Box, node: Node) -> None:
    try:
        box.machines.restore(node, _file(box, node))
    except HarnessError as error:
        again = f"./icebox resume --box {box.name} tries it again"
        stop = f"./icebox stop --box {box.name} gives that memory up, and keeps what is on disks"
        error.remedy = error.remedy or f"{again}; {stop}"
        raise
    # Read again, it would be older than what the node has written since.
    box.dom0.quietly("rm", _file(box, node))


def _saved(box: Box) -> set[str]:
    """Names of nodes of which there is a file, whole or not."""
    return {*box.dom0.quietly("sh", "-c", 'ls "$1" 2> /dev/null || true', "ls", _directory(box)).split()}


def _directory(box: Box) -> str:
    return f"{box.dom0.files}/{SAVED}"


def _file(box: Box, node: Node) -> str:
    return f"{_directory(box)}/{node.name}"


def _guests(site: Site) -> Sequence[Node]:
    """Nodes that are more than processes of their dom0."""
    return [node for node in site.nodes if fleet.kind_of(node).OWN_KERNEL]
