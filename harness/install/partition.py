"""What a partition holds, before it is taken for a box: nothing that is somebody's is overwritten unasked.

Sources: blkid(8), lsblk(8), open(2).
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import tool
from harness.errors import HostError, InputError

NOTHING = 2
"""Exit code of blkid where it knows nothing of what it sees."""
LOOKED_AT = 1 << 20
"""Bytes at a partition's beginning, of which each is zero where nobody has written."""
OF_LVM = "LVM2_member"


def check(device: Path, *, anyway: bool) -> str:
    """What of a partition is lost when it is taken, in words; empty for nothing.

    Raises HostError for one that is in use, which is never taken, and, unless ``anyway``, for one with data.
    """
    found, written = _seen(device)
    if busy := _use(device, found):
        raise HostError(
            f"{device} is in use, and is not taken",
            where=str(device),
            why=busy,
            remedy="name a partition that nobody uses, or a volume group with room: `lsblk`, `vgs`",
        )
    held = _named(found, written)
    if held and not anyway:
        raise InputError(
            f"{device} holds {held}, and all of it would be lost",
            where="--lvm",
            remedy="look at it; if nobody needs what is there, say --yes",
        )
    return held


def size(device: Path) -> int:
    """Bytes of a block device."""
    with device.open("rb") as file:
        return file.seek(0, os.SEEK_END)


def wipe(device: Path) -> None:
    """Take away what a device is known by; raises HostError."""
    words = ["wipefs", "--all", str(device)]
    tool.said(words, HostError(f"{device} can't be cleared", where=" ".join(words)))


def holds(device: Path) -> str:
    """What lies on a device, in words; empty where nothing does."""
    return _named(*_seen(device))


def _seen(device: Path) -> tuple[Mapping[str, str], bool]:
    """What blkid knows a device by, and whether anything is written at its beginning."""
    words = ["blkid", "--probe", "--output", "export", str(device)]
    done = subprocess.run(words, capture_output=True, text=True)
    try:
        # Of what it can't read, blkid says the same as of what it knows nothing of.
        with device.open("rb") as file:
            written = any(file.read(LOOKED_AT))
    except OSError as error:
        raise _untold(device, words, str(error)) from None
    if done.returncode not in (0, NOTHING):
        raise _untold(device, words, done.stderr.strip() or f"it ended with exit code {done.returncode}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line), written


def _untold(device: Path, words: Sequence[str], why: str) -> HostError:
    return HostError(
        f"nobody can tell what {device} holds",
        where=" ".join(words),
        why=why,
        remedy="look at what `wipefs --no-act` says",
    )


def _named(found: Mapping[str, str], written: bool) -> str:
    label = f" labelled {found['LABEL']!r}" if "LABEL" in found else ""
    if kind := found.get("TYPE"):
        use = {"filesystem": "file system", "raid": "RAID member", "other": "area"}
        article = "an" if kind[0] in "aeiou" else "a"
        return f"{article} {kind} {use.get(found.get('USAGE', ''), 'signature')}{label}"
    if table := found.get("PTTYPE"):
        return f"a partition table ({table})"
    return "data of no kind that blkid knows" if written else ""


def _use(device: Path, found: Mapping[str, str]) -> str:
    """Who uses it, in words."""
    tree = _listed(device)
    for each in _all(tree):
        if where := [point for point in each.get("mountpoints") or () if point]:
            return f"{each['path']} is mounted at {', '.join(where)}" + (
                " as swap" if where == ["[SWAP]"] else ""
            )
    if below := [each["path"] for each in tree.get("children", ())]:
        return f"it has {', '.join(below)} on it"
    if found.get("TYPE") == OF_LVM:
        return "it is a physical volume of LVM: name its volume group (`pvs`)"
    if tree.get("ro"):
        return "it is read-only"
    return "the kernel says that somebody has it for himself" if _is_claimed(device) else ""


def _is_claimed(device: Path) -> bool:
    """Whether a mount in any namespace, a RAID, the device-mapper or swap has it (open(2), O_EXCL)."""
    try:
        os.close(os.open(device, os.O_RDONLY | os.O_EXCL))
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return True
    return False


def _listed(device: Path) -> dict[str, Any]:
    words = ["lsblk", "--json", "--output", "PATH,RO,MOUNTPOINTS", str(device)]
    failed = HostError(f"nobody can tell who uses {device}", where=" ".join(words))
    found: dict[str, Any] = json.loads(tool.said(words, failed))["blockdevices"][0]
    return found


def _all(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for each in tree.get("children", ()):
        yield from _all(each)
