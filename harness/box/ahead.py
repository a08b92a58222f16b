"""Boots the spare run of a box ahead, in the background: ``python3 -m harness.box.ahead BOX MARK SNAPSHOT``.

It is one of the box's own processes, and dies with its dom0.
"""

from __future__ import annotations

import contextlib
import shutil
import sys

from harness import umask
from harness.box import bringup, copies, disks, host, outside, relaid, snapshot, spare
from harness.box.box import Box, attach
from harness.box.names import are_served_here
from harness.box.snapshot import Snapshot
from harness.box.spare import SpareFiles
from harness.dom0.dom0 import Dom0
from harness.dom0.kinds import KINDS
from harness.errors import HostError, IceboxError
from harness.image import build
from harness.image.build import Image
from harness.ledger import LedgerBusyError
from harness.state import checkout
from harness.virt import fleet

LOG = "ahead.log"
"""Among the dom0's logs."""
MEMORY = 1_000_000_000
"""Bytes that must be free, so that nodes which nobody may ever need are in nobody's way."""
PATIENCE = 60.0
"""Seconds to wait for another process that is at the box."""


def begin(box: Box, wanted: Snapshot) -> None:
    """Have a spare run be made of a snapshot, in the place of an earlier one, if the box can have one.

    The caller holds the ledger's lock.
    """
    if not _fits(box, build.wanted()):
        spare.drop(box)
        return
    spare.end(box)
    python = ["env", f"PYTHONPATH={checkout()}", sys.executable, "-m", __name__]
    box.dom0.attend([*python, box.name, spare.begun(box.ledger, wanted), wanted.name], LOG)


def _fits(box: Box, image: Image) -> bool:
    """Whether all of it would lie in namespaces of its own, and it is worth its memory.

    Nodes with a kernel of their own have half a gigabyte each, and boot for minutes where they are emulated.
    """
    site, kind = box.site, KINDS.of(box.site.dom0_kind)
    return (
        kind.SPARES
        and not site.expose
        and are_served_here(site)
        and not box.files.volume.exists()
        and not disks.needs_drives(site)
        and image.built
        and image.keys == build.used_in(box.files.top)
        and host.free_memory() > MEMORY
        and _has_room(kind, 2 * len(site.nodes))
    )


def _has_room(kind: type[Dom0], nodes: int) -> bool:
    """Whether that many more could share the dom0's kernel: no box is to be refused for a spare run."""
    try:
        kind.check_room(nodes)
    except HostError:
        return False
    return True


def make(box: Box, wanted: Snapshot, image: Image, mark: str) -> None:
    """Make it, and have it stand still; else raise HarnessError or HostError, with nothing of it left."""
    try:
        ahead = _booted(box, wanted, image)
        with box.ledger.locked(PATIENCE):
            if spare.is_wanted(box.ledger, mark):
                ahead.dom0.suspend()
                spare.stands(box.ledger, wanted, ahead.dom0.partition, str(box.public_address))
    except BaseException:
        with contextlib.suppress(LedgerBusyError), box.ledger.locked(PATIENCE):
            if spare.is_wanted(box.ledger, mark):
                spare.drop(box)
        raise


def _booted(box: Box, wanted: Snapshot, image: Image) -> Box:
    site, files = box.site_now, SpareFiles(box.name)
    shutil.rmtree(files.stored, ignore_errors=True)  # of an earlier one, for which nobody was to wait
    files.stored.mkdir(mode=0o700)
    copies.copy(sorted(wanted.stored.iterdir()), files.stored)
    disks.prepare(site, files)
    relaid.lay(site, files)
    dom0 = KINDS.of(site.dom0_kind).start_spare(box.name, box.ledger)
    fleet.prepare(site, dom0)
    ahead = Box(site, bringup.set_up(dom0, site, files, image, box.ledger), files, box.ledger)
    with contextlib.closing(ahead):
        outside.start(ahead)
        bringup.start_nodes(ahead, site.nodes)
    return ahead


def main(name: str, mark: str, which: str) -> None:
    umask.ours()
    box = attach(name)
    wanted = snapshot.named(box.files, which)
    with contextlib.closing(box):
        make(box, wanted, build.wanted(), mark)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except IceboxError as error:
        sys.exit(str(error))
