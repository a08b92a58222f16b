"""The volume of a box: a file of the size that the site file gives, with a file system for what nodes write.

A class fills the volume then, and not the disk of the host.  The file is sparse: it takes what is stored in
it, and gives back what is removed (``discard``).  It is mounted in the host's own view, so that ``df`` there
shows it; the holder of another box lets go of it (``harness/dom0/holder.sh``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import durable, state, tool
from harness.box import shares
from harness.box.files import BoxFiles
from harness.deadline import wait_for
from harness.errors import HostError, InputError, WaitError
from harness.ledger import Entry, Ledger
from harness.site import Site

KIND = "volume"
"""In the ledger: where it is mounted."""
LOOP = Path("/dev/loop-control")
PROGRAMS = ("mke2fs", "e2fsck", "resize2fs")
"""Of the Debian package e2fsprogs."""
# Nothing is kept back for root, and tables that are zero in a sparse file need not be written.
FORMAT = ("-q", "-F", "-t", "ext4", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard")
OPTIONS = "loop,discard,noinit_itable"
LETTING_GO = 3.0
"""Seconds for a box that is just coming up to let go of it; its holder begins with that."""
CLOSING = 20.0
"""Seconds for processes of the box, just killed, to let go of it."""

_run = tool.failing_as(
    "the volume of the box can't be used",
    remedy="`e2fsck -f` on `volume.img` in the box's directory mends a damaged one",
)


def check(site: Site, files: BoxFiles) -> None:
    """Raises HostError or InputError for what keeps a box from the volume that its site file asks for."""
    has = files.volume.exists()
    if not site.volume and not has:
        return
    if not has and (files.top / "scratch").exists():
        raise InputError(
            f"the box {files.box!r} has stored without a limit, and its files are not moved",
            where=str(files.top),
            remedy=f"take disk.gigabytes out of the site file, or ./icebox stop --box {files.box} --destroy",
        )
    before = files.volume.stat() if has else None
    if before and site.volume and site.volume < before.st_size:
        raise InputError(
            f"disk.gigabytes asks for less than the box {files.box!r} has: {_gigabytes(before.st_size)}",
            where=str(site.path),
            why="a volume grows, and does not shrink",
            remedy=f"ask for as much, or ./icebox stop --box {files.box} --destroy",
        )
    _check_host()
    growth = max(site.volume, before.st_size if before else 0) - (before.st_blocks * 512 if before else 0)
    free = shutil.disk_usage(state.home()).free
    if growth > free:
        raise HostError(
            f"too little space for what the box may store: {_gigabytes(growth)}; free: {_gigabytes(free)}",
            where=str(state.home()),
            remedy="free some, ask for less by disk.gigabytes, or have ICEBOX_HOME on a larger disk",
        )


def _check_host() -> None:
    if not LOOP.exists():
        raise HostError(
            "this machine can't give a box a volume of its own",
            where=str(LOOP),
            why="its kernel has no loop devices, or this container none of them",
            remedy="`modprobe loop` on the host, or take disk.gigabytes out of the site file",
        )
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        raise HostError(
            f"this machine lacks {', '.join(missing)}",
            where="PATH",
            why="they make the file system of a box's volume",
            remedy="apt-get install e2fsprogs",
        )


def attach(site: Site, files: BoxFiles, ledger: Ledger) -> None:
    """Make the volume, or let it grow, and mount it; nothing if the site asks for none.  Raises HostError."""
    if not files.volume.exists():
        if not site.volume:
            return
        partial = files.volume.with_suffix(".new")
        _sized(partial, site.volume)
        _run("mke2fs", *FORMAT, str(partial))
        durable.place(partial, files.volume)
    elif site.volume > files.volume.stat().st_size:
        _grow(files.volume, site.volume)
    files.stored.mkdir(exist_ok=True, mode=0o700)
    ledger.intend(KIND, str(files.stored))
    if not os.path.ismount(files.stored):
        options = f"{OPTIONS},{shares.count(files.volume)}" if site.share else OPTIONS
        _run("mount", "-o", options, str(files.volume), str(files.stored))
        files.stored.chmod(0o700)


def _grow(path: Path, size: int) -> None:
    """It is not mounted; nor may it be in another view of this machine, where nobody looks."""

    def held() -> str:
        return _run("losetup", "--associated", str(path)).strip()

    try:
        wait_for("nobody to hold the volume", lambda: not held(), LETTING_GO, pause=0.1)
    except WaitError as late:
        raise HostError(
            "the volume of the box can't grow yet",
            where=str(path),
            why=f"another program's view of this machine holds it: {held()}",
            remedy="stop the boxes and containers that were started while this one was up",
        ) from late
    _run("e2fsck", "-f", "-p", str(path), well=(0, 1))  # 1: it has mended something
    _sized(path, size)
    _run("resize2fs", str(path))


@contextmanager
def opened(site: Site, files: BoxFiles, ledger: Ledger) -> Iterator[None]:
    """Have the volume mounted for as long as the block runs, also while the box is down; raises HostError.

    The caller holds the ledger's lock.
    """
    if not files.volume.exists() or os.path.ismount(files.stored):
        yield
        return
    try:
        attach(site, files, ledger)
        yield
    finally:
        ledger.replay({KIND: undo}, frozenset({KIND}))


def undo(entry: Entry) -> None:
    """Unmount it; what is in it stays."""

    def closed() -> bool:
        if os.path.ismount(entry.key):
            subprocess.run(["umount", entry.key], capture_output=True)
        return not os.path.ismount(entry.key)

    wait_for(f"{entry.key} to be unmounted", closed, CLOSING, pause=0.05)


def _sized(path: Path, size: int) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(handle, size)
    finally:
        os.close(handle)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
