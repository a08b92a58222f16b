"""The disks of a box's machines: which layers each is made of, and where it writes."""

from __future__ import annotations

from pathlib import Path

from harness.box.files import BoxFiles
from harness.dom0.dom0 import Disk
from harness.dom0.identities import Identities
from harness.image.build import Image
from harness.image.layer import OUTSIDE
from harness.site import Node, Role, Site


def of(site: Site, files: BoxFiles, image: Image, identities: Identities) -> list[Disk]:
    """Every node's disk, and the outside's, whose root is the dom0's."""

    def layers(name: str, role: str) -> tuple[Path, ...]:
        return files.layer(name), image.roles.of(role), image.base.root

    def homes(node: Node) -> Path | None:
        return files.homes(site.cluster(node)) if node.role in (Role.CE, Role.WN) else None

    nodes = [
        Disk(node.name, layers(node.name, node.role.value), files.scratch(node.name), homes(node), identities)
        for node in site.nodes
    ]
    return [*nodes, Disk(OUTSIDE, layers(OUTSIDE, OUTSIDE), files.scratch(OUTSIDE))]


def prepare(site: Site, files: BoxFiles) -> None:
    """Make the directories that the disks need."""
    for ce in site.ces:
        files.homes(ce).mkdir(parents=True, exist_ok=True)
        files.homes(ce).chmod(0o755)
    for name in (*(node.name for node in site.nodes), OUTSIDE):
        for part in ("upper", "work"):
            (files.scratch(name) / part).mkdir(parents=True, exist_ok=True)
        (files.scratch(name) / "upper").chmod(0o755)
