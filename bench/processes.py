"""The processes of a box as the host sees them, by node, and the memory they hold."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from harness.box.box import Box

PROC = Path("/proc")
DOM0, OUTSIDE = "dom0", "outside"


def memory(box: Box) -> dict[str, int]:
    """Bytes of memory (PSS: shared pages by shares) of each node, of the outside, and of the dom0 itself.

    All descendants of the box's first process are counted: that is its whole process namespace.  libvirt's
    controller of a node counts to the dom0, as it would stay there under another hypervisor.
    """
    children = _children()
    found = {DOM0: 0, OUTSIDE: 0, **{node.name: 0 for node in box.site.nodes}}
    outside = _network(box.embedded.outside.pid)

    def add(pid: int, owner: str) -> None:
        controls = _controlled(box, pid)
        network = _network(pid)
        where = OUTSIDE if owner == DOM0 and network == outside else owner
        found[where] += pss(pid)
        for child in children.get(pid, ()):
            add(child, controls or where)

    add(box.dom0.pid, DOM0)
    return found


def pss(pid: int) -> int:
    """Proportional set size of one process in bytes; 0 if it is gone."""
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _controlled(box: Box, pid: int) -> str:
    """Name of the node whose libvirt_lxc this process is, else ""."""
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        if words[0].endswith(b"libvirt_lxc"):
            return next((node.name for node in box.site.nodes if box.domain(node).encode() in words), "")
    return ""


def _network(pid: int) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(PROC / str(pid) / "ns" / "net")
    return ""


def _children() -> Mapping[int, list[int]]:
    found = defaultdict(list)
    for path in PROC.iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                found[parent].append(int(path.name))
    return found
