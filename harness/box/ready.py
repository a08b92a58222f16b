"""Waiting until a box is ready: every port of every role answers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from harness.box.box import Box
from harness.deadline import wait_for
from harness.errors import WaitError
from harness.image import part
from harness.site import Node

READY = 180.0
"""Seconds until a node's services answer; about 5 on an idle machine."""


def wait_until_ready(box: Box, nodes: tuple[Node, ...]) -> None:
    """Wait for all ports of ``nodes``; raises WaitError that names each port that stayed silent."""
    wanted = [(node, port) for node in nodes for port in part.ports(node.role.value)]
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        late = [text for text in pool.map(lambda pair: _late(box, *pair), wanted) if text]
    if late:
        raise WaitError(
            f"{len(late)} service(s) did not answer within {READY:g} s",
            where=f"box {box.name}",
            why="; ".join(late),
            remedy=f"./icebox console NODE --box {box.name} shows what the node is doing",
        )


def _late(box: Box, node: Node, port: part.Port) -> str:
    try:
        wait_for(
            f"{port.name} on {node.name}",
            lambda: _answers(box, node, port.port),
            READY,
            pause=0.1,
        )
    except WaitError:
        return f"{node.name}:{port.port} ({port.name})"
    return ""


def _answers(box: Box, node: Node, port: int) -> bool:
    with contextlib.closing(box.dom0.open_socket(str(node.address), port, 2.0)):
        return True


def silent_ports(box: Box) -> Iterator[tuple[Node, part.Port]]:
    """Ports of running nodes that do not answer now."""
    for node in box.site.nodes:
        for port in part.ports(node.role.value):
            try:
                _answers(box, node, port.port)
            except OSError:
                yield node, port
