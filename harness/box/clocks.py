"""Clocks of nodes that stood still with their processors: they are behind then, and are put right.

A container's clock is its dom0's, and needs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.box.box import Box
from harness.command import CommandResult
from harness.deadline import side_by_side, wait_for
from harness.dom0.place import PYTHON
from harness.errors import HarnessError, IceboxError, shortened
from harness.services.registry import SSH
from harness.site import Node
from harness.virt import fleet

MAY = 1.0
"""Seconds that a clock may be off beside what is in doubt: a kernel of its own does not keep it better."""
REACHED = 20.0
"""Seconds until a node that goes on is reached: at once, but where its cable is a new one, as that of a
domain of Xen is whose memory was read again."""
READ = "date +%s.%N"
SET = f"{PYTHON} -I -S -c 'import sys, time; time.clock_settime(0, time.time() + float(sys.argv[1]))'"
"""By so much as it is behind: however long the command is on its way, that stays true (clock_settime(2))."""


class UnsetError(HarnessError):
    """A node's clock is still where it stood."""


@dataclass(frozen=True)
class Reading:
    """How far a clock is ahead of this machine's, in seconds, and by how much that may be wrong."""

    ahead: float
    doubt: float


def put_right(box: Box) -> None:
    """Set the clocks of nodes that have one of their own by their dom0's.

    Raises UnsetError that names the first whose clock can't be set; all others are right then.
    """
    nodes = [node for node in box.site.nodes if fleet.kind_of(node).OWN_KERNEL]
    if not nodes:
        return
    right, down = _read(box.dom0.run), box.down()
    up = [node for node in nodes if node not in down]
    side_by_side(lambda node: _put_right(box, node, right), up, fleet.abreast(box.site))


def _put_right(box: Box, node: Node, right: Reading) -> None:
    try:
        wait_for(f"{node} to be reached", lambda: _is_reached(box, node), REACHED * box.pace, longest=1.0)
        found = _read(box.shell(node).run)
        behind = right.ahead - found.ahead
        if abs(behind) > MAY + found.doubt + right.doubt:
            box.shell(node).run(f"{SET} {behind:.3f}").check()
    except IceboxError as error:
        raise UnsetError(
            f"the clock of {node} could not be set after it had stood still",
            where=f"box {box.name}",
            why=str(error),
            remedy=f"./icebox ssh --box {box.name} {node.name} date -s @$(date +%s)",
        ) from None


def _is_reached(box: Box, node: Node) -> bool:
    try:
        box.dom0.open_socket(str(node.address), SSH.port).close()
    except IceboxError:
        return False
    return True


def _read(run: Callable[[str], CommandResult]) -> Reading:
    """It may have been read at any moment of the command; raises HarnessError."""
    before = time.time()
    told = run(READ).check()
    after = time.time()
    try:
        # What a shell says before it is none of it.
        seconds = float(told.stdout.split()[-1])
    except (LookupError, ValueError):
        raise HarnessError(f"`{READ}` tells no time", where=told.where, why=shortened(told.output)) from None
    return Reading(seconds - (before + after) / 2, (after - before) / 2)
