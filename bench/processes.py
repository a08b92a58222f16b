"""The processes of a box as its dom0 sees them, by node, and the memory they hold.

``memory`` has it looked at there, where this file is typed as ``python3 -c THIS NETWORK NAME=DOMAIN …``: the
network of the outside, and the nodes with the words that mark their controllers.  It prints JSON.
"""

import contextlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.box.box import Box

PROC = Path("/proc")
DOM0, OUTSIDE = "dom0", "outside"


def memory(box: "Box") -> dict[str, int]:
    """Bytes of memory (PSS: shared pages by shares) of each node, of the outside, and of the dom0 itself.

    All descendants of the box's first process are counted: that is its whole process namespace.  libvirt's
    controller of a node counts to the dom0, as it would stay there under another hypervisor.
    """
    outside = box.dom0.outside.run(["readlink", "/proc/self/ns/net"]).check().stdout.strip()
    nodes = [f"{node.name}={box.name}.{node.name}" for node in box.site.nodes]
    found: dict[str, int] = json.loads(box.dom0.tell(Path(__file__), outside, *nodes))
    return found


def counted(outside: str, nodes: Mapping[str, str]) -> dict[str, int]:
    """Bytes by owner; ``nodes`` are their names by domains'."""
    children = _children()
    found = {DOM0: 0, OUTSIDE: 0, **dict.fromkeys(nodes.values(), 0)}

    def add(pid: int, owner: str) -> None:
        controls = _controlled(nodes, pid)
        where = OUTSIDE if owner == DOM0 and _network(pid) == outside else owner
        found[where] += pss(pid)
        for child in children.get(pid, ()):
            add(child, controls or where)

    add(1, DOM0)
    return found


def pss(pid: int) -> int:
    """Proportional set size of one process in bytes; 0 if it is gone."""
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _controlled(nodes: Mapping[str, str], pid: int) -> str:
    """Name of the node whose libvirt_lxc this process is, else ""."""
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_text().split("\0")
        if words[0].endswith("libvirt_lxc"):
            return next((name for domain, name in nodes.items() if domain in words), "")
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


if __name__ == "__main__":
    named = (word.partition("=") for word in sys.argv[2:])
    print(json.dumps(counted(sys.argv[1], {domain: name for name, _, domain in named})))
