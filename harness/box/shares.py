"""Shares of a box's volume: how much the files of one account may take, by its file system's quotas.

Each account of a person has one share, whatever nodes its files are on: a student's own on the UI, and a pool
account's homes, jobs and files on the SE.  Services and their accounts have none.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import state, tool
from harness.box.files import BoxFiles
from harness.errors import HostError
from harness.image.accounts import Numbers
from harness.site import Site

PROGRAM = "setquota"
"""Of the Debian package quota."""
FEATURE = ("-O", "quota", "-Q", "usrquota")
"""What tune2fs(8) gives a volume; what is in it already is counted then."""
MOUNTED = "usrquota"
TRY = """\
truncate -s 8M "$1/disk"
mke2fs -q -F -t ext4 "$1/disk"
tune2fs -O quota -Q usrquota "$1/disk"
mkdir "$1/at"
mount -o loop,usrquota "$1/disk" "$1/at"
"""
BLOCK = 1024
"""Bytes of setquota's blocks."""

_run = tool.failing_as(
    "accounts can't be given their shares of the volume", remedy="take disk.person out of the site file"
)


def check(site: Site) -> None:
    """Raises HostError for what keeps a volume from the shares that the site file asks for."""
    if not site.share:
        return
    if shutil.which(PROGRAM) is None:
        raise HostError(
            f"this machine lacks {PROGRAM}",
            where="PATH",
            why="it says how much of a volume one account may take",
            remedy="apt-get install quota",
        )
    with tempfile.TemporaryDirectory(dir=state.home(), prefix="try-") as made:
        words = ["unshare", "--mount", "sh", "-ec", TRY, "sh", made]
        tried = subprocess.run(words, capture_output=True, text=True)
    if tried.returncode:
        raise HostError(
            "this machine keeps no quotas, so nobody can have a share of the volume",
            where="its kernel",
            why=(tried.stderr.strip().splitlines() or ["mount failed"])[0],
            remedy="boot a kernel with CONFIG_QFMT_V2, as Debian's, or take disk.person out of the site file",
        )


def count(volume: Path) -> str:
    """Have a volume's file system count what each account has; how it is mounted then.  It is not mounted."""
    if not re.search(r"^Filesystem features:.*\bquota\b", _run("dumpe2fs", "-h", str(volume)), re.MULTILINE):
        _run("e2fsck", "-f", "-p", str(volume), well=(0, 1))  # 1: it has mended something
        _run("tune2fs", *FEATURE, str(volume))
    return MOUNTED


def give(site: Site, files: BoxFiles, numbers: Numbers) -> None:
    """Give each account its share, if the site asks for that; the volume is mounted."""
    if site.share:
        limit = site.share // BLOCK
        lines = "".join(f"{number} 0 {limit} 0 0\n" for number in numbers.of_persons(site))
        _run(PROGRAM, "-u", "-b", str(files.stored), typed=lines)
