"""What this machine must offer before a box is brought up; asked before anything is made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness import durable, state
from harness.dom0 import walls
from harness.dom0.kinds import KINDS, USUAL
from harness.dom0.walls import Wall
from harness.errors import HostError, InputError
from harness.site import Site
from harness.virt import fleet

SPACE = 150_000_000
"""Bytes that a box may take before students store anything (measured: 60 MB)."""
MEMORY = Path("/proc/meminfo")
OF_NODE = 60_000_000
"""Bytes of memory that a node takes before students do anything (measured: 300 MB in a box of five)."""


def check(nodes: int = 5, site: Site | None = None) -> None:
    """Raises HostError that says what a site's dom0 lacks for so many ``nodes``; 0 if all are up."""
    check_root()
    _check_home()
    kind = KINDS.of(site.dom0_kind if site else USUAL)
    if site and not kind.HERE:
        _check_kinds(site)
    kind.check_host(nodes, site)
    if site and kind.HERE:
        fleet.check_host(site)
    elif site and (wanted := fleet.wanted(site)):
        kind.check_machines(site, wanted, starting=bool(nodes))
    if nodes and kind.HERE:
        own = fleet.memory(site) if site else {}
        kind.check_room(nodes - len(own))
        _check_space()
        taken = sum(memory for node, memory in own.items() if fleet.kind_of(node).OF_DOM0)
        _check_memory((nodes - len(own)) * OF_NODE + taken * 1024 * 1024)
        if site:
            fleet.check_room(site)


def _check_kinds(site: Site) -> None:
    """Whether a dom0 on another machine can have such nodes."""
    others = sorted({node.hypervisor for node in site.nodes if not fleet.kind_of(node).FAR})
    if others:
        raise InputError(
            f"a dom0 of the kind {site.dom0_kind} has no nodes whose hypervisor is {' or '.join(others)}",
            where=str(site.path),
            remedy="choose the hypervisor lxc or xen",
        )


def check_walls(site: Site, found: Callable[[], Sequence[Wall]] | None = None) -> None:
    """Raises HostError if others reach the box, and a wall between its nodes and this machine can't stand.

    ``found`` gives those of a box that is there already.
    """
    if is_reached(site) and any(kind.MAPS for kind in fleet.kinds_of(site)):
        kind = KINDS.of(site.dom0_kind)
        option = "expose" if kind.ALONE else "kind"
        walls.refuse((found or kind.missing_walls)(), f"[dom0] {option} of the site file")


def is_reached(site: Site) -> bool:
    """Whether others than this machine reach the box."""
    return bool(site.expose) or not KINDS.of(site.dom0_kind).ALONE


def free_memory() -> int:
    """Bytes that could be had without swapping (proc_meminfo(5), MemAvailable)."""
    rows = dict(line.split(":", 1) for line in MEMORY.read_text().splitlines() if ":" in line)
    return int(rows.get("MemAvailable", "0").split()[0]) * 1024


def check_root() -> None:
    """Raises HostError unless this process may make namespaces."""
    if os.geteuid() != 0:
        raise HostError(
            "a box needs root: it makes namespaces, mounts and control groups",
            where="this user",
            remedy="run it as root, or with sudo",
        )


def _check_home() -> None:
    try:
        state.make_home()
    except OSError as error:
        raise HostError(
            "the state directory can't be made",
            where=str(state.home()),
            why=str(error),
            remedy="set ICEBOX_HOME",
        ) from None


def _check_space() -> None:
    free = shutil.disk_usage(state.home()).free
    if free < SPACE:
        raise HostError(
            f"too little space for a box: {free / 1e6:.0f} MB free, {SPACE / 1e6:.0f} MB needed; "
            f"{(SPACE - free) / 1e6:.0f} MB are missing",
            where=str(state.home()),
            remedy="free some, or set ICEBOX_HOME to a directory on a larger disk",
        )


def _check_memory(needed: int) -> None:
    free = free_memory()
    if free < needed:
        raise HostError(
            f"too little memory for a box: {(needed - free) / 1e6:.0f} MB are missing",
            where=str(MEMORY),
            why=f"{free / 1e6:.0f} MB could be had; its nodes take {needed / 1e6:.0f} MB when they come up",
            remedy="end programs that nobody needs (`ps -eo rss,args --sort -rss`), or leave nodes out",
        )


@contextmanager
def out_of_space() -> Iterator[None]:
    """Say in plain words that the disk ran full meanwhile."""
    try:
        yield
    except OSError as error:
        if error.errno not in durable.FULL:
            raise
        raise durable.UnwritableError(Path(error.filename or state.home()), error) from None
