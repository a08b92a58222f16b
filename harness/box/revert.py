"""Going back: a box, up or down, is as it was when a snapshot was made."""

from __future__ import annotations

from harness.box import copies, disks, pending, restart, spare, suspension, volume
from harness.box.box import Box
from harness.box.files import BoxFiles
from harness.box.ready import wait_until_ready
from harness.box.snapshot import Snapshot
from harness.errors import InputError
from harness.faults import standing
from harness.ledger import Entry, Ledger
from harness.site import Site


def check(files: BoxFiles, wanted: Snapshot) -> Site:
    """The box's site; raises InputError if the snapshot is of other nodes."""
    site = files.site()
    suspension.check(site)
    disks.refuse_installed(site, files.box)
    if {f"{node.name} {node.hypervisor}" for node in site.nodes} != set(wanted.nodes):
        raise InputError(
            f"the snapshot {wanted.name!r} is of other nodes than the box {files.box!r} has now",
            where="NAME",
            why=f"it is of {', '.join(each.split()[0] for each in wanted.nodes)}",
            remedy=f"./icebox stop --box {files.box}, then start it with the site file of that time",
        )
    return site


def revert(files: BoxFiles, ledger: Ledger, wanted: Snapshot, box: Box | None) -> None:
    """Put a box back, ``box`` if it is up; the caller holds the ledger's lock.

    A spare run of that snapshot goes on in its place; where there is none, it boots anew.

    Raises InputError before anything is done, and HarnessError or HostError as ``restart`` does.
    """
    site = check(files, wanted)
    there = copies.of(files, ledger)
    there.check(wanted.name)
    entry = ledger.intend(pending.REVERT, str(wanted.path), box=files.box)

    def put() -> None:
        there.put(wanted.name)
        _done(ledger, entry)

    if box is None:
        with volume.opened(site, files, ledger):
            put()
        return
    box.close()
    if spare.takes_place(box, wanted, _await):
        box.hang_up()
        _done(ledger, entry)
    else:
        restart.anew(box, put)


def _await(box: Box) -> None:
    wait_until_ready(box, box.site.nodes)


def _done(ledger: Ledger, entry: Entry) -> None:
    """What was in the nodes and the dom0 is no more."""
    for each in ledger.of_kind(suspension.KIND):
        suspension.undo(each)
    for kind in (standing.KIND, suspension.KIND):
        for each in ledger.of_kind(kind):
            ledger.gone(each)
    ledger.gone(entry)
