"""Waiting until a box is ready: every port of every role answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from harness.box.box import Box
from harness.deadline import Deadline
from harness.errors import HarnessError, WaitError
from harness.image import part
from harness.site import Node

READY = 240.0
"""Seconds until a node's services answer; about 5 on an idle machine."""
SETTLED = 60.0
"""Seconds that services get whose node has ended its boot: what is dead by then stays dead."""
ASKED = 10.0
"""Seconds that systemd gets for an answer."""
LOOK = 2.0
"""Seconds between two questions whether a node's boot has ended."""
BOOTED = ("running", "degraded")
"""What systemd says of itself once no unit is to be started any more (systemctl(1), is-system-running)."""
ROUND = 0.3
"""Seconds a port is given to accept before it is asked anew."""
PAUSE = 0.05

Wanted = tuple[Node, part.Port]


def wait_until_ready(box: Box, nodes: tuple[Node, ...], go_on: Callable[[], None] = lambda: None) -> None:
    """Wait for all ports of ``nodes``.

    Raises WaitError that names each port that stayed silent, or the node that ended meanwhile.
    ``go_on`` is called now and then; what it raises ends the waiting.
    """
    silent = {(node, port) for node in nodes for port in part.ports(node.role.value)}
    deadline, boots = Deadline(READY), Boots(box)
    while silent:
        go_on()
        silent -= answering(box, silent)
        if not silent:
            return
        waiting = {node for node, _ in silent}
        _expect_running(box, waiting)
        if deadline.expired or boots.ended_long_ago(waiting):
            raise _late(box, silent, time.monotonic() - deadline.started)
        time.sleep(PAUSE)


class Boots:
    """How far nodes are in their boot."""

    def __init__(self, box: Box) -> None:
        self._box = box
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
        return any(now - self._ended.get(node, now) >= SETTLED for node in nodes)


def systemctl(box: Box, node: Node, *words: str) -> str:
    """What systemd says on a node, whose network and sshd may be dead; empty if it has no first process."""
    inside = box.inside(node)
    return inside.run(["systemctl", *words], timeout=ASKED).stdout if inside else ""


def _expect_running(box: Box, nodes: set[Node]) -> None:
    """Raises WaitError for a node whose machine has ended: no port of it will ever answer."""
    try:
        running = box.machines.running()
    except HarnessError:
        return  # without libvirtd nobody can tell, and nodes outlive it
    for node in nodes:
        if node.name not in running:
            raise WaitError(
                f"{node} ended while its services were awaited",
                where=f"box {box.name}",
                why=box.machines.last_words(node),
                remedy="look for what ended its first process, systemd",
            )


def silent_services(box: Box) -> tuple[str, ...]:
    """In words, what does not answer now: services, or the box itself."""
    if not box.dom0.stands:
        return ("the whole box",)
    return tuple(sorted(f"{port.name} on {node}" for node, port in silent_ports(box)))


def silent_ports(box: Box) -> set[Wanted]:
    """Ports of the box that do not answer now."""
    wanted = {(node, port) for node in box.site.nodes for port in part.ports(node.role.value)}
    return wanted - answering(box, wanted)


def answering(box: Box, wanted: Iterable[Wanted]) -> set[Wanted]:
    """Those that accept a connection from the dom0 now; all are asked at once."""
    doors = {(str(node.address), port.port): (node, port) for node, port in wanted}
    return {doors[door] for door in box.dom0.accepting(doors, ROUND)}


def _failed(box: Box, nodes: set[Node]) -> Iterator[str]:
    """Units that systemd has given up."""
    for node in sorted(nodes, key=str):
        listed = systemctl(box, node, "list-units", "--state=failed", "--plain", "--no-legend")
        yield from (f"{line.split()[0]} on {node}" for line in listed.splitlines() if line.strip())


def _late(box: Box, silent: set[Wanted], seconds: float) -> WaitError:
    names = sorted(f"{node.name}:{port.port} ({port.name})" for node, port in silent)
    failed = ", ".join(_failed(box, {node for node, _ in silent}))
    return WaitError(
        f"{len(names)} service(s) did not answer within {seconds:.0f} s",
        where=f"box {box.name}",
        why=", ".join(names) + (f"\n       failed: {failed}" if failed else ""),
        remedy=f"./icebox console NODE --box {box.name} shows what the node is doing",
    )
