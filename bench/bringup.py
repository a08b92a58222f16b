"""Bring-up of the default site against the bare start of the same five machines.

Counted above the line: everything ``./icebox start`` does once the image is there, from nothing to every
service answering: certificates, layers, namespaces, bridge and firewall, libvirtd, names, nodes.
Counted below: only the start of the same five libvirt domains on the same file systems with nothing enabled
but systemd, the network and sshd, until each sshd answers, in a dom0 that is already there.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from bench.figure import Figure, ratios
from bench.session import Bench, Session
from harness.box import bringup
from harness.box.box import Box
from harness.box.ready import wait_until_ready
from harness.image import part
from harness.services.registry import SSH, SSH_OF_ROOT
from harness.site import Node

LIMIT = 2.5
BARE_PART = "node"
"""The part of every role that holds network, ssh and console; units of all others are not enabled."""


def measure(session: Session) -> list[Figure]:
    """By turns: a fresh box brought up whole, and another one's machines started bare."""
    whole, nodes, bare = [], [], []
    for _ in range(session.runs):
        started = time.perf_counter()
        with session.box() as (_, timings):
            whole.append(time.perf_counter() - started)
            nodes.append(timings["nodes"])
        bare.append(_bare(session))
    return [
        Figure("bringup.ratio", "bring-up ÷ bare start of the machines", "ratio", ratios(whole, bare), LIMIT),
        Figure("bringup.nodes", "nodes until all ports answer ÷ bare start", "ratio", ratios(nodes, bare)),
        Figure("bringup.seconds", "bring-up of the default site", "s", tuple(whole)),
        Figure("bringup.bare-seconds", "bare start until ssh answers", "s", tuple(bare)),
    ]


def _bare(session: Session) -> float:
    """Seconds of a bare start in a dom0 of its own."""
    with mock.patch.object(bringup, "start_nodes"), session.box() as (box, _):
        strip(box)
        return start_bare(box)


def strip(box: Box) -> None:
    """Have the nodes, which are not running yet, start nothing but systemd, network and sshd."""
    for node in box.site.nodes:
        units = f"{box.dom0.disk(node.name)}/etc/systemd/system"
        links = [f"{units}/*.{kind}/{unit}" for unit in extra_units(node) for kind in ("wants", "requires")]
        box.dom0.run(f"rm -f {' '.join(links)}").check()


def extra_units(node: Node) -> Iterator[str]:
    """Units of a node's role beside those every node has."""
    for each in part.closure(node.role.value):
        if each.name != BARE_PART:
            yield from each.units


def start_bare(box: Box) -> float:
    """Seconds from the first machine's start until sshd answers on all; both sides wait in the same way."""
    started = time.perf_counter()
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(box.create_node, box.site.nodes))
    wait_until_ready(box, box.site.nodes, of=(SSH, SSH_OF_ROOT))
    return time.perf_counter() - started


BENCH = Bench("bringup", "bring-up against the bare start of the machines", measure)
