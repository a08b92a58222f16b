"""What the original called its machines and their disks: ``CENode``, ``CEswap`` and so on."""

from __future__ import annotations

from collections.abc import Mapping

from harness.site import Node

BASE, ROLES = "GridBase", "GridRoles"
"""What all nodes read."""


def title(node: Node) -> str:
    """A node's machine, and its file in ``nodes/`` of an installation: ``CENode``, ``WNNode2``."""
    return _numbered(node, "Node")


def drives(node: Node) -> Mapping[str, str]:
    """Each of a node's drives (``harness/virt/domain.py``): what it writes bears the name of the machine."""
    return {
        "base": BASE,
        "roles": ROLES,
        "site": _numbered(node, "site"),
        "scratch": title(node),
        "swap": _numbered(node, "swap"),
    }


def _numbered(node: Node, word: str) -> str:
    return f"{node.role.value.upper()}{word}" + (str(node.index) if node.index > 1 else "")
