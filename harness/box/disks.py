"""The disks of a box's machines: which layers each is made of, and where it writes."""

from __future__ import annotations

import secrets
from pathlib import Path

from harness.box import relaid
from harness.box.files import BoxFiles
from harness.dom0.dom0 import Disk
from harness.dom0.identities import Identities
from harness.image import ext4
from harness.image.build import Image
from harness.image.drives import Drives
from harness.image.layer import OUTSIDE
from harness.site import Node, Role, Site
from harness.virt import fleet
from harness.virt.domain import BOOT, HOME, INITRD, KERNEL, UNPACKED

SCRATCH, SWAP = 5 << 30, 256 << 20
"""Bytes, as the original's: what a node may write, as far as the host's disk or the volume has room; swap."""
LAID = Path("etc/icebox/laid")
"""In the site layer of a node with a kernel of its own: which start laid it (``box/boot/init``)."""
UNCOVERED = Path("etc/icebox/uncovered")
"""Beside it: paths that are to show, whatever the node has written over them."""


def of(site: Site, files: BoxFiles, image: Image, identities: Identities) -> list[Disk]:
    """Every node's disk, and the outside's, whose root is the dom0's."""

    def layers(name: str, role: str) -> tuple[Path, ...]:
        return files.layer(name), image.roles.of(role), image.base.root

    def disk(node: Node) -> Disk:
        written = files.scratch(node.name)
        if fleet.kind_of(node).OWN_KERNEL:
            return Disk(node.name, (), written, drives=files.drives(node.name))
        return Disk(
            node.name, layers(node.name, node.role.value), written, _homes(site, files, node), identities
        )

    disks = [disk(node) for node in site.nodes]
    disks.append(Disk(OUTSIDE, layers(OUTSIDE, OUTSIDE), files.scratch(OUTSIDE)))
    if needs_drives(site):
        disks.append(Disk(BOOT, (), files.scratch(BOOT), drives=files.drives(BOOT)))
    return disks


def needs_drives(site: Site) -> bool:
    """Whether some node has a kernel of its own."""
    return any(kind.OWN_KERNEL for kind in fleet.kinds_of(site))


def _homes(site: Site, files: BoxFiles, node: Node) -> Path | None:
    return files.homes(site.cluster(node)) if node.role in (Role.CE, Role.WN) else None


def prepare(site: Site, files: BoxFiles) -> None:
    """Make the directories that the disks need."""
    for ce in site.ces:
        files.homes(ce).mkdir(parents=True, exist_ok=True)
        files.homes(ce).chmod(0o755)
    for name in (*(node.name for node in site.nodes), OUTSIDE):
        for part in ("upper", "work"):
            (files.scratch(name) / part).mkdir(parents=True, exist_ok=True)
        (files.scratch(name) / "upper").chmod(0o755)


def lay(site: Site, files: BoxFiles, image: Image) -> None:
    """Have what each start lays anew show, whatever nodes wrote over it; to be called while all are down."""
    relaid.lay(site, files)
    if image.drives is None:
        return
    _lay_boot(files.drives(BOOT), image.drives)
    for node in site.nodes:
        if fleet.kind_of(node).OWN_KERNEL:
            _lay_drives(site, files, image.drives, node)


def _lay_boot(directory: Path, drives: Drives) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    boot = drives.boot
    for name, path in ((KERNEL, boot.kernel), (UNPACKED, boot.unpacked), (INITRD, boot.initrd)):
        _link(directory / name, path)


def _lay_drives(site: Site, files: BoxFiles, drives: Drives, node: Node) -> None:
    directory, written = files.drives(node.name), files.scratch(node.name)
    _lay_boot(directory, drives)
    _link(directory / "base", drives.base)
    _link(directory / "roles", drives.roles)
    for name, make, size in (("scratch", ext4.empty, SCRATCH), ("swap", ext4.swap, SWAP)):
        drive = written / f"{name}.img"
        if not drive.exists():
            make(drive.with_suffix(".partial"), size)
            drive.with_suffix(".partial").rename(drive)
        _link(directory / name, drive)
    if homes := _homes(site, files, node):
        _link(directory / HOME, homes)
    ext4.fill(directory / "site", marked(files.layer(node.name)))


def marked(layer: Path) -> Path:
    """The same site layer, which now tells its node's first program that this is another start."""
    (layer / LAID).write_text(f"{secrets.token_hex(8)}\n")
    (layer / UNCOVERED).write_text("".join(f"{path}\n" for path in relaid.laid_anew(layer)))
    return layer


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)
