"""Waiting until a box is ready: every service of every node answers at its port.

All times are those of a usual machine, and longer where nodes are slower by themselves (``Box.pace``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from harness.box.patience import MOST, Patience, answering
from harness.dom0.pace import USUAL, slowness
from harness.errors import HarnessError, WaitError
from harness.services import ask
from harness.services.graph import Graph, Placed
from harness.services.registry import SERVICES
from harness.services.service import Link
from harness.site import Node

if TYPE_CHECKING:
    from harness.box.box import Box

READY, READY_IDLE = 240.0, 20.0
"""Seconds until a node's services answer: at least, and of an idle machine, where it takes about 5."""
SETTLED, SETTLED_IDLE = 60.0, 5.0
"""The same for services whose node has ended its boot: what is dead by then stays dead."""
ASKED = 10.0
"""Seconds that systemd gets for an answer."""
LOOK = 2.0
"""Seconds between two questions whether a node's boot has ended."""
BOOTED = ("running", "degraded")
"""What systemd says of itself once no unit is to be started any more (systemctl(1), is-system-running)."""
SLOW = 20.0
"""Seconds after which services get more time for an answer, if the machine is slow."""
ROUND = 2.0
"""Seconds that services are spoken with, until all answer, before their nodes are looked at.

Longer than a bring-up on an idle machine takes from there: a round begins with a program that takes 35 ms of
a processor, and nobody is asked while it starts.
"""


def wait_until_ready(
    box: Box,
    nodes: tuple[Node, ...],
    go_on: Callable[[], None] = lambda: None,
    *,
    of: Collection[Link] = SERVICES,
) -> None:
    """Wait until every service of ``nodes`` that has a port answers there, in its own words; or those ``of``.

    Raises WaitError that names each one that does not, or the node that ended meanwhile.
    ``go_on`` is called now and then; what it raises ends the waiting.
    """
    silent = {placed: "" for placed in Graph(box.site, links=of).all if placed.node in nodes}
    begun, patience, boots = time.monotonic(), _patience(box, READY, READY_IDLE), Boots(box)
    each = ROUND
    while silent:
        go_on()
        silent = ask.talks(box, silent, each=each, until=each)
        waiting = {placed.node for placed in silent if placed.node}
        if not waiting:
            return
        _expect_running(box, waiting)
        passed = time.monotonic() - begun
        if patience.is_over(passed) or boots.ended_long_ago(waiting):
            raise _late(box, silent, passed)
        if passed > SLOW:
            each = answering(slowness(box.dom0), ROUND)


def _patience(box: Box, least: float, idle: float) -> Patience:
    pace = box.pace
    if pace <= 1.0:
        return Patience(least, idle, lambda: slowness(box.dom0))
    # Measured under the load of that moment: if the dom0 has become slower since, so have its nodes.
    before = slowness(box.dom0)
    least, idle = min(MOST, least * pace), idle * USUAL * pace
    return Patience(least, idle, lambda: max(1.0, slowness(box.dom0) / before))


class Boots:
    """How far nodes are in their boot."""

    def __init__(self, box: Box) -> None:
        self._box, self._patience = box, _patience(box, SETTLED, SETTLED_IDLE)
        self._ended: dict[Node, float] = {}
        self._next = time.monotonic() + LOOK

    def ended_long_ago(self, nodes: set[Node]) -> bool:
        """Whether one of ``nodes`` has had nothing left to start for so long that what is silent is dead."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOOK
            for node in nodes - self._ended.keys():
                if systemctl(self._box, node, "is-system-running").strip() in BOOTED:
                    self._ended[node] = now
        return any(self._patience.is_over(now - self._ended.get(node, now)) for node in nodes)


def systemctl(box: Box, node: Node, *words: str) -> str:
    """What systemd says on a node, whose network and sshd may be dead; empty if it has no first process."""
    inside = box.inside(node)
    return inside.run(["systemctl", *words], timeout=ASKED).stdout if inside else ""


def _expect_running(box: Box, nodes: set[Node]) -> None:
    """Raises WaitError for a node whose machine has ended: no port of it will ever answer."""
    try:
        running = box.machines.running()
    except HarnessError:
        return  # without its hypervisor nobody can tell, and nodes outlive it
    for node in nodes:
        if node.name not in running:
            raise WaitError(
                f"{node} ended while its services were awaited",
                where=f"box {box.name}",
                why=box.machines.last_words(node),
                remedy="look for what ended its first process, systemd",
            )


def _failed(box: Box, nodes: set[Node]) -> Iterator[str]:
    """Units that systemd has given up."""
    for node in sorted(nodes, key=str):
        listed = systemctl(box, node, "list-units", "--state=failed", "--plain", "--no-legend")
        yield from (f"{line.split()[0]} on {node}" for line in listed.splitlines() if line.strip())


def _late(box: Box, silent: dict[Placed, str], seconds: float) -> WaitError:
    told = sorted(f"{placed} {why}" for placed, why in silent.items())
    failed = ", ".join(_failed(box, {placed.node for placed in silent if placed.node}))
    return WaitError(
        f"{len(told)} service(s) did not answer within {seconds:.0f} s",
        where=f"box {box.name}",
        why="\n       ".join(told) + (f"\n       failed: {failed}" if failed else ""),
        remedy=f"./icebox console NODE --box {box.name} shows what the node is doing",
    )
