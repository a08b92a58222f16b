"""boot/: the kernel of nodes that have one of their own, and the first file system that lays their disks.

Both are made of Debian's packages: nothing of the kernel that this machine runs comes in.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import state
from harness.image import base, cpio, key
from harness.image.base import SUITE, Installer
from harness.image.kernel import Modules, unpacked
from harness.image.whole import whole
from harness.ledger import Ledger

RECIPE = "1"
"""Raise it when ``build`` comes to make something else of the same inputs."""
LOG = "boot-build.log"
APPLETS = (
    *("cat", "chmod", "cmp", "cp", "insmod", "mkdir", "mount", "mv", "poweroff", "rm", "swapon"),
    *("switch_root", "usleep"),
)
"""Programs of busybox that box/boot/init runs; a test compares."""
MOUNTS = ("base", "dev", "node", "proc", "roles", "scratch", "site", "sys")
"""Directories of the first file system on which init mounts something."""


@dataclass(frozen=True)
class Boot:
    """What a node with a kernel of its own boots."""

    key: str

    @property
    def top(self) -> Path:
        return state.image_dir() / f"boot-{self.key}"

    @property
    def built(self) -> bool:
        return self.top.is_dir()

    @property
    def kernel(self) -> Path:
        """As its package has it."""
        return self._only("vmlinuz-*")

    @property
    def unpacked(self) -> Path:
        """The same as an ELF file, which Xen boots without unpacking it first."""
        return self._only("vmlinux-*")

    @property
    def initrd(self) -> Path:
        return self._only("initrd-*.img")

    def _only(self, pattern: str) -> Path:
        return next((self.top / "boot").glob(pattern))


def wanted() -> Boot:
    """What the checkout asks for, built or not."""
    with key.steady():
        return Boot(key.of([SUITE, RECIPE], [directory()]))


def directory() -> Path:
    """Its sources: packages, modules and the first program."""
    return state.checkout() / "box" / "boot"


def build(boot: Boot, journal: Ledger, install: Installer = base.run_installer) -> None:
    """Make it unless it is there; raises HostError without a mirror, HarnessError for a strange kernel."""
    if boot.built:
        return
    with whole(boot.top, journal) as partial:
        root, log = partial / "root", state.log_dir() / LOG
        for each in (partial / "boot", log.parent):
            each.mkdir(parents=True, exist_ok=True)
        with base.installing(journal) as within:
            words = base.mmdebstrap("extract", base.listed(directory() / "packages.list"), root)
            install([*within, *words], base.ENVIRONMENT, log)
        with key.steady():
            _fill(partial / "boot", root)
        shutil.rmtree(root)


def _fill(made: Path, root: Path) -> None:
    image = next((root / "boot").glob("vmlinuz-*"))
    version = image.name.partition("-")[2]
    shutil.copyfile(image, made / image.name)
    (made / f"vmlinux-{version}").write_bytes(unpacked(image))
    modules = Modules(root / "usr/lib/modules" / version)
    # Not packed: Xen's domain builder and an emulator would take long to unpack it.
    (made / f"initrd-{version}.img").write_bytes(cpio.archive(_members(root, modules)))


def _members(root: Path, modules: Modules) -> Iterator[cpio.Member]:
    yield from map(cpio.directory, ("bin", "modules", *MOUNTS))
    yield cpio.program("init", (directory() / "init").read_bytes())
    yield cpio.program("bin/busybox", (root / "usr/bin/busybox").read_bytes())
    yield from (cpio.link(f"bin/{name}", "busybox") for name in APPLETS)
    order = modules.in_order(base.listed(directory() / "modules.list"))
    homes = [name for name in modules.in_order(base.listed(directory() / "homes.list")) if name not in order]
    for name, each in (("order", order), ("homes", homes)):
        yield cpio.file(f"modules/{name}", "".join(f"{module}\n" for module in each).encode())
    yield from (cpio.file(f"modules/{name}.ko", modules.content(name)) for name in (*order, *homes))
