"""Stopping and starting a box, or one of its nodes, while somebody uses it.

The box stays its owner's, and what is stored in it stays.  Every other process finds the new dom0 by itself
(``Box.dom0``); its shells must be idle meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.box import bringup, disks, numbers, outside, spare, teardown
from harness.box.box import Box
from harness.box.content import Content
from harness.box.ready import wait_until_ready
from harness.console import Console, Style
from harness.errors import IceboxError
from harness.image import build
from harness.interrupt import held
from harness.site import Node


def restart(box: Box) -> None:
    """Power the nodes off, end the whole dom0, and bring all up again as ``icebox stop`` and ``start`` would.

    Raises HarnessError or HostError.  Whoever asked had a box and is to have one afterwards: one that comes
    up in part is left so, and one that does not come up at all is tried once more.  The error says what there
    is.
    """
    with box.ledger.locked(teardown.PATIENCE):
        teardown.power_off(box)
        anew(box)


def anew(box: Box, meanwhile: Callable[[], None] = lambda: None) -> None:
    """End the whole dom0 as a power cut would, and bring all up again; ``meanwhile`` is done in between.

    Raises as ``restart`` does.  The caller holds the ledger's lock.
    """
    box.hang_up()
    _end(box)
    meanwhile()
    try:
        _start(box)
    except (IceboxError, OSError) as error:
        _say(error, _what_is_left(box))
        raise
    except BaseException:
        _end(box)
        raise


def _what_is_left(box: Box) -> str:
    """Bring up what did not come up, if nothing did; what there is of the box then, in words."""
    if _runs(box):
        return "the nodes that came up are left running"
    _end(box)
    try:
        _start(box)
    except (IceboxError, OSError):
        if not _runs(box):
            _end(box)
            return f"the box is down, and `./icebox start --box {box.name}` says why"
        return "the nodes that came up at the second try are left running"
    return "it came up when it was tried once more, and is left running"


def _runs(box: Box) -> bool:
    return len(box.down()) < len(box.site.nodes)


def _say(error: Exception, words: str) -> None:
    if isinstance(error, IceboxError):
        error.remedy = "; ".join(filter(None, (error.remedy, words)))
    else:
        error.add_note(words)


def _end(box: Box) -> None:
    with held():
        # Its names stay where they are, since it comes again.
        spare.give_up(box.ledger)
        box.ledger.replay(teardown.undoing(), teardown.of_dom0() | {spare.KIND})


def _start(box: Box) -> None:
    site, files = box.site.at(box.public_address), box.files
    image = build.ensure(Console(style=Style.QUIET), as_drives=disks.needs_drives(site))
    dom0 = bringup.raise_dom0(site, files, box.ledger)
    own, pace = numbers.of(box.ledger), dom0.pace
    content = Content(site, files, image.base, image.roles, numbers=own, pace=lambda: pace)
    content.build(content.issue())
    disks.lay(site, files, image)
    bringup.set_up(dom0, site, files, image, box.ledger)
    outside.start(box)
    bringup.start_nodes(box, site.nodes)


def restart_node(box: Box, node: Node) -> None:
    """Pull a node's plug and start it again; raises WaitError if its services don't answer in time."""
    unplug(box, node)
    box.create_node(node)
    wait_until_ready(box, (node,))


def unplug(box: Box, node: Node) -> None:
    """End a node at once, as a power cut would: none of its processes is told before."""
    box.machines.unplug(node)
    box.hang_up(node.name)
