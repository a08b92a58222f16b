"""The overlay mounts that make the nodes' file systems, as shell text for the dom0."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from harness.box.files import BoxFiles
from harness.image.base import Base
from harness.image.layer import OUTSIDE, RoleLayers
from harness.site import Site

EMPTY = "/mnt/nodes"


def script(site: Site, files: BoxFiles, base: Base, roles: RoleLayers) -> str:
    """Lay every node's file system, and the outside's, below /mnt/nodes."""
    lines = [f"mkdir -p {EMPTY}"]
    for name, role in _machines(site):
        lowers = [files.layer(name), roles.of(role), base.root]
        lines.append(_overlay(name, lowers, files.scratch(name)))
    return "\n".join(lines) + "\n"


def prepare(site: Site, files: BoxFiles) -> None:
    """Make the directories that the mounts need."""
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


def _overlay(name: str, lowers: list[Path], scratch: Path) -> str:
    options = f"lowerdir={':'.join(map(str, lowers))},upperdir={scratch}/upper,workdir={scratch}/work"
    target = f"{EMPTY}/{name}"
    return f"mkdir -p {target}\nmount -t overlay -o {shlex.quote(options)} overlay {target}"
