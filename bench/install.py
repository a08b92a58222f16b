"""A box's disks made on a Xen host's disk: as fast as the disk takes them?

The drives of the default site are installed as files, the largest one on a block device, too, as on a volume;
they are on the disk when that ends.  Beside it dd copies as many bytes as they take there, of the same drive,
since a disk may take zeros quicker than what a system consists of; it has them on the disk, too.  By turns:
whatever else the disk does falls on both.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figure import Figure, ratios
from bench.session import Bench, Session, box_name
from harness.box import teardown
from harness.console import Console, Style
from harness.image import build
from harness.install import installation, installed, pieces
from harness.install.installation import Request
from harness.install.store import Files
from harness.ledger import Ledger
from harness.sitefile import load

LIMIT = 1.25
"""At least 0.8 of dd's bytes in a second."""
STAGE = "drives"


def measure(session: Session) -> list[Figure]:
    """Pairs of an installation and a dd; and of one drive on a block device, and a dd there."""
    build.ensure(session.console, as_drives=True)
    files = [_files(session) for _ in range(session.runs)]
    blocks = [_block(session) for _ in range(session.runs)]
    return [
        Figure(
            f"install.{name}",
            f"{title} ÷ dd of as many bytes",
            "ratio",
            ratios([each[0] for each in pairs], [each[1] for each in pairs]),
            LIMIT,
            note=f"{megabytes:.0f} MB",
        )
        for name, title, pairs, megabytes in (
            ("files", "all disks of a box as files", files, files[0][2]),
            ("volume", "a disk of the image on a block device", blocks, blocks[0][2]),
        )
    ]


def _files(session: Session) -> tuple[float, float, float]:
    """Seconds of an installation's drives and of dd, and MB on the disk.

    What nodes will write is empty: its blocks are promised by the file system, and not written.
    """
    name, quiet, top = box_name(), Console(style=Style.QUIET), session.directory()
    site = installed.as_domains(load(session.site_file))
    installation.install(Request(site, name, Files(top)), quiet)
    try:
        written = [*(top / "images").glob("Grid*"), *(top / "images").glob("*site")]
        taken = sum(path.stat().st_blocks * 512 for path in written)
    finally:
        with Ledger(name).locked(teardown.PATIENCE):
            teardown.destroy_all(Ledger(name))
    return quiet.timings[STAGE], _written(session.directory() / "plain", taken), taken / 1e6


def _written(path: Path, size: int) -> float:
    """Seconds that dd takes for it."""
    words = [f"if={_largest()}", f"of={path}", "bs=1M", f"count={size >> 20}", "conv=fsync,notrunc"]
    begun = time.monotonic()
    subprocess.run(["dd", *words, "status=none"], check=True)
    passed = time.monotonic() - begun
    if path.is_file():
        path.unlink()
    return passed


def _block(session: Session) -> tuple[float, float, float]:
    """The same of the largest drive, on a device that is as large."""
    largest = _largest()
    size = largest.stat().st_size
    with _device(session.directory() / "disk", size) as device:
        begun = time.monotonic()
        pieces.copy(largest, device)
        subprocess.run(["sync", str(device)], check=True)
        passed = time.monotonic() - begun
    with _device(session.directory() / "disk", size) as device:
        return passed, _written(device, size), size / 1e6


def _largest() -> Path:
    """The image's base drive, which is nearly all that is written."""
    drives = build.wanted(as_drives=True).drives
    assert drives
    return drives.base


@contextmanager
def _device(path: Path, size: int) -> Iterator[Path]:
    """A loop device stands for a volume: what is written goes to the same disk."""
    with path.open("wb") as file:
        file.truncate(size)
    made = ["losetup", "--find", "--show", str(path)]
    device = subprocess.run(made, check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield Path(device)
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)
        path.unlink()


BENCH = Bench("install", "disks of an installed box over dd", measure)
