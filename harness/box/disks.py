"""The disks of a box's machines: which layers each is made of, and where it writes."""

from __future__ import annotations

from pathlib import Path

from harness.box import relaid
from harness.box.files import BoxFiles
from harness.dom0 import driveset
from harness.dom0.dom0 import Disk
from harness.dom0.driveset import DriveSet
from harness.dom0.identities import HOSTS_OWN, Identities
from harness.dom0.kinds import KINDS
from harness.image.build import Image
from harness.image.layer import OUTSIDE
from harness.site import Node, Role, Site
from harness.virt import fleet
from harness.virt.domain import BOOT, HOME, INITRD, KERNEL, UNPACKED


def of(site: Site, files: BoxFiles, image: Image, identities: Identities) -> list[Disk]:
    """Every node's disk, and the outside's, whose root is the dom0's."""

    def layers(name: str, role: str) -> tuple[Path, ...]:
        return files.layer(name), image.roles.of(role), image.base.root

    def disk(node: Node) -> Disk:
        written = files.scratch(node.name)
        homes = _homes(site, files, node)
        if fleet.kind_of(node).OWN_KERNEL:
            return Disk(node.name, (), written, homes, drives=_drives(site, files, image, node))
        return Disk(node.name, layers(node.name, node.role.value), written, homes, identities)

    disks = [disk(node) for node in site.nodes]
    disks.append(Disk(OUTSIDE, layers(OUTSIDE, OUTSIDE), files.scratch(OUTSIDE)))
    if needs_drives(site):
        disks.append(Disk(BOOT, (), files.scratch(BOOT), drives=_boot(files, image)))
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
    if image.drives is None or not KINDS.of(site.dom0_kind).HERE:
        return  # another machine makes its drives itself, of what it is sent
    for disk in of(site, files, image, HOSTS_OWN):
        if disk.drives:
            disk.drives.lay(relaid.laid_anew(disk.drives.layer) if disk.drives.layer else ())


def marked(layer: Path) -> Path:
    """A site layer that tells its node's first program that this is another start."""
    return driveset.marked(layer, relaid.laid_anew(layer))


def _boot(files: BoxFiles, image: Image) -> DriveSet:
    return DriveSet(files.drives(BOOT), _kernel(image))


def _kernel(image: Image) -> dict[str, Path]:
    assert image.drives is not None
    boot = image.drives.boot
    return {KERNEL: boot.kernel, UNPACKED: boot.unpacked, INITRD: boot.initrd}


def _drives(site: Site, files: BoxFiles, image: Image, node: Node) -> DriveSet:
    assert image.drives is not None
    links = {**_kernel(image), "base": image.drives.base, "roles": image.drives.roles}
    if homes := _homes(site, files, node):
        links[HOME] = homes
    return DriveSet(files.drives(node.name), links, files.scratch(node.name), files.layer(node.name))
