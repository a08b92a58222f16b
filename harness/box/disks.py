"""The disks of a box's machines: which layers each is made of, and where it writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.box import relaid
from harness.box.files import BoxFiles
from harness.dom0 import driveset
from harness.dom0 import shelf as shelves
from harness.dom0.disk import Disk
from harness.dom0.driveset import DriveSet
from harness.dom0.identities import HOSTS_OWN, Identities
from harness.dom0.kinds import KINDS
from harness.dom0.shelf import InDirectory, InGroup, Shelf
from harness.errors import HostError, InputError
from harness.image.build import Image
from harness.image.layer import OUTSIDE
from harness.install import record
from harness.ledger import Ledger
from harness.site import Node, Role, Site
from harness.virt import fleet, originals
from harness.virt.domain import BOOT, HOME, INITRD, KERNEL, UNPACKED, WRITTEN

SHARED = ("base", "roles")
"""Drives that all nodes read."""


def shelf(site: Site, box: str) -> Shelf | None:
    """Where the site file has nodes' own drives, if not in the box's directory."""
    place = site.disk_group or site.disk_directory
    if not place:
        return None
    names = {
        originals.drives(node)[drive]: drive
        for node in site.nodes
        if fleet.kind_of(node).OWN_KERNEL
        for drive in driveset.sizes()
    }
    sizes = {name: driveset.sizes()[drive] for name, drive in names.items()}
    taken = {name: driveset.TAKEN[drive] for name, drive in names.items()}
    return (InGroup if site.disk_group else InDirectory)(box, place, sizes, taken)


def check(site: Site, box: str) -> None:
    """Raises HostError or InputError for what keeps a box's machines from their disks; nothing is made."""
    ledger = Ledger(box)
    if not _installed(site, box):
        KINDS.of(site.dom0_kind).check_shelf(site, box, shelf(site, box), ledger)
        return
    shelves.refuse_moved(box, record.DISKS, ledger)
    if site.disk_group or site.disk_directory:
        raise InputError(
            f"the box {box!r} is installed, and its disks are where they were made",
            where=str(site.path),
            remedy="take disk.lvm and disk.files out of the site file, or ./icebox uninstall first",
        )
    there = record.drives(ledger)
    if missing := [node.name for node in site.nodes if not {*_kept(node).values()} <= {*there}]:
        raise InputError(
            f"the box {box!r} was installed without {', '.join(missing)}",
            where=str(site.path),
            remedy="start it by the site file that it was installed by: without --site",
        )
    if users := record.users(ledger):
        raise HostError(
            f"machines of the box {box!r} run already, from its installed disks",
            where="xl list",
            why="; ".join(users[:5]),
            remedy="shut them down first: `xl list`, `xl shutdown -w NAME`",
        )
    record.activate(ledger)


def refuse_installed(site: Site, box: str) -> None:
    """Raises InputError for a box whose disks others start machines from, while it is down."""
    if _installed(site, box):
        raise InputError(
            f"the box {box!r} is installed, and has no snapshots",
            where=record.DISKS,
            why="machines that `xl create` starts from them would be copied, or written over, while they run",
        )


def _installed(site: Site, box: str) -> Mapping[str, Path]:
    """The installed drives that the machines of a box write; none of one that is not installed."""
    return record.drives(Ledger(box)) if KINDS.of(site.dom0_kind).HERE and needs_drives(site) else {}


def _kept(node: Node) -> Mapping[str, str]:
    """Names of the installed drives that a node writes; none of a container."""
    names = originals.drives(node)
    return {drive: names[drive] for drive in WRITTEN} if fleet.kind_of(node).OWN_KERNEL else {}


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
    names, placed = originals.drives(node), {}
    if there := _installed(site, files.box):
        links |= {drive: there[name] for drive, name in _kept(node).items()}
        # A copy in a file is no better than the image's own, which other boxes read, too.
        blocks = [drive for drive in SHARED if there[names[drive]].is_block_device()]
        if record.image(Ledger(files.box)) == image.keys:
            links |= {drive: there[names[drive]] for drive in blocks}
    elif own := shelf(site, files.box):
        placed = {drive: own.path(names[drive]) for drive in driveset.sizes()}
    written, layer = files.scratch(node.name), files.layer(node.name)
    return DriveSet(files.drives(node.name), links, written, layer, placed)
