"""The disks of a box's machines: which layers each is made of, and where it writes."""

from __future__ import annotations

from collections.abc import Iterator

from harness.box.files import BoxFiles
from harness.dom0.dom0 import Disk
from harness.image.build import Image
from harness.image.layer import OUTSIDE
from harness.site import Site


def of(site: Site, files: BoxFiles, image: Image) -> list[Disk]:
    """Every node's disk, and the outside's."""
    return [
        Disk(name, (files.layer(name), image.roles.of(role), image.base.root), files.scratch(name))
        for name, role in _machines(site)
    ]


def prepare(site: Site, files: BoxFiles) -> None:
    """Make the directories that the disks need."""
    for ce in site.ces:
        files.homes(ce).mkdir(parents=True, exist_ok=True)
        files.homes(ce).chmod(0o755)
    for name, _ in _machines(site):
        for part in ("upper", "work"):
            (files.scratch(name) / part).mkdir(parents=True, exist_ok=True)
        (files.scratch(name) / "upper").chmod(0o755)


def _machines(site: Site) -> Iterator[tuple[str, str]]:
    yield from ((node.name, node.role.value) for node in site.nodes)
    yield OUTSIDE, OUTSIDE
