"""Logical volumes, by the commands of lvm2.

Sources: lvm(8), vgs(8), lvs(8), lvmreport(7), pvcreate(8), vgcreate(8), lvcreate(8).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import tool
from harness.errors import HostError

EXTENT, HEAD = 4 << 20, 4 << 20
"""Bytes of an extent as vgcreate chooses it, and what a physical volume keeps for itself at most."""
UDEV = Path("/run/udev/control")
"""There while an udev runs.  Where none does, LVM has to be told to make the devices of volumes itself: else
lvcreate finds none to clear, and gives up."""
WITHOUT_UDEV = "activation { udev_sync=0 udev_rules=0 }"
READ_ONLY, EXPORTED, PARTIAL = (0, "r"), (2, "x"), (3, "p")
"""Places and letters in vg_attr (vgs(8))."""
OPEN = (5, "o")
"""The same in lv_attr (lvs(8))."""


@dataclass(frozen=True)
class Group:
    """A volume group: size of an extent in bytes, how many are free, and its volumes' names."""

    name: str
    attributes: str
    extent: int
    free: int
    volumes: Sequence[str]

    @property
    def wrong(self) -> str:
        """Why no volume can be made in it; empty if one can."""
        for (at, letter), why in (
            (READ_ONLY, "it is read-only"),
            (EXPORTED, "it is exported"),
            (PARTIAL, "some of its physical volumes are missing"),
        ):
            if self.attributes[at : at + 1] == letter:
                return why
        return ""

    def extents(self, size: int) -> int:
        """How many a volume of ``size`` bytes takes."""
        return -(-size // self.extent)


def check() -> None:
    """Raises HostError without lvm2."""
    if shutil.which("lvm") is None:
        raise HostError(
            "this machine has no LVM",
            where="PATH",
            why="lvm is in the Debian package lvm2",
            remedy="apt-get install lvm2, or have the disks as image files: --files DIR",
        )


def groups() -> list[str]:
    """Names of all volume groups."""
    return [row["vg_name"] for row in _report("vgs", "vg_name")]


def group(name: str) -> Group | None:
    """One volume group; None if there is none of this name."""
    if name not in groups():
        return None
    [row] = _report("vgs", "vg_attr,vg_extent_size,vg_free_count", name)
    volumes = [row["lv_name"] for row in _report("lvs", "lv_name", name)]
    return Group(name, row["vg_attr"], int(row["vg_extent_size"]), int(row["vg_free_count"]), volumes)


def tags(group_name: str) -> Mapping[str, Sequence[str]]:
    """The tags of each volume of a group, by its name."""
    rows = _report("lvs", "lv_name,lv_tags", group_name)
    return {row["lv_name"]: row["lv_tags"].split(",") for row in rows}


def check_room(name: str, sizes: Mapping[str, int]) -> Group:
    """The group, if volumes of these names and bytes can be made in it; raises HostError."""
    found = group(name)
    if found is None:
        raise HostError(
            f"there is no volume group {name}",
            where="vgs",
            why=f"volume groups: {', '.join(groups()) or 'none'}",
            remedy="name one of these, or make it: pvcreate, vgcreate",
        )
    if found.wrong:
        raise HostError(
            f"no volume can be made in the group {name}",
            where="vgs",
            why=found.wrong,
            remedy="mend it, or name another group",
        )
    if taken := sorted({*sizes} & {*found.volumes}):
        raise HostError(
            f"the volume group {name} has volumes of these names already, and they are left alone",
            where=f"lvs {name}",
            why=", ".join(taken),
            remedy="name another group; or, if nobody needs them, remove them with lvremove",
        )
    needed, free = sum(map(found.extents, sizes.values())) * found.extent, found.free * found.extent
    if free < needed:
        remedy = "remove volumes that nobody needs, or add a disk to it (vgextend)"
        raise lacking(f"volume group {name}", needed, free, remedy)
    return found


def lacking(where: str, needed: int, free: int, remedy: str) -> HostError:
    """What is to be said where drives have too little room: all in bytes."""
    return HostError(
        f"too little space for the drives: {(needed - free) / 1e6:.0f} MB are missing",
        where=where,
        why=f"they take {needed / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free",
        remedy=remedy,
    )


def make_group(name: str, device: Path, uuid: str, tag: str) -> None:
    """Make a physical volume of a device, with a ``uuid`` given by the caller, and a group of it alone."""
    _run("pvcreate", "--yes", "--uuid", uuid, "--norestorefile", str(device))
    _run("vgcreate", "--addtag", tag, name, str(device))


def make_volume(name: str, extents: int, tag: str) -> None:
    """Make the volume ``GROUP/NAME``; its device is there when this returns."""
    group_name, _, own = name.partition("/")
    size = ["--extents", str(extents)]
    _run("lvcreate", "--yes", "--wipesignatures", "y", "--addtag", tag, "--name", own, *size, group_name)
    _expect_device(name, "lvcreate said that it made it, and the kernel shows none")


def _expect_device(name: str, why: str) -> None:
    if not device_of(name).is_block_device():
        raise HostError(
            "a logical volume has no device",
            where=str(device_of(name)),
            why=why,
            remedy="`dmsetup targets` and `dmesg` tell more",
        )


def activate(name: str) -> None:
    """Have the device of a volume that is there; after a boot without udev there is none."""
    if not device_of(name).is_block_device():
        _run("lvchange", "--activate", "y", name)
        _run("vgmknodes", name.partition("/")[0])
        _expect_device(name, "lvchange said that it is active, and the kernel shows none")


def device_of(name: str) -> Path:
    """Where the volume ``GROUP/NAME`` is found."""
    return Path("/dev") / name


def remove_volume(name: str, tag: str) -> None:
    """Remove a volume if it bears the tag, with what is in it; raises HostError for one that is in use."""
    group_name = name.partition("/")[0]
    if group_name in groups() and name in _tagged("lvs", "vg_name,lv_name", "lv_tags", tag, group_name):
        _clear(device_of(name))
        _run("lvremove", "--yes", name)


def _clear(device: Path) -> None:
    """Nothing of a node's keys is left for whoever gets the extents next.

    A disk that can is told to be zero there, which takes no time, and no room of one that is thin; another
    one has zeros written (fallocate(2): the first is refused where the device does not do it by itself).
    """
    if not device.is_block_device():  # of a volume that is not active
        return
    [row] = _report("lvs", "lv_size", "/".join(device.parts[-2:]))
    for way in ("--punch-hole", "--zero-range"):
        words = ["fallocate", way, "--offset", "0", "--length", row["lv_size"], str(device)]
        done = subprocess.run(words, capture_output=True, text=True)
        if not done.returncode:
            break
    else:
        raise HostError(
            "a logical volume can't be cleared, and is left",
            where=str(device),
            why=done.stderr.strip(),
            remedy=f"`lvremove --yes {'/'.join(device.parts[-2:])}` removes it as it is",
        )


def remove_group(name: str, tag: str, uuid: str) -> Sequence[str]:
    """Remove a group that bears the tag, and its physical volume; if it stays, what others made in it."""
    if name in _tagged("vgs", "vg_name", "vg_tags", tag):
        found = group(name)
        if found and found.volumes:
            return found.volumes
        _run("vgremove", name)
    for row in _report("pvs", "pv_name,pv_uuid,vg_name"):
        if row["pv_uuid"] == uuid and not row["vg_name"]:
            _run("pvremove", "--yes", row["pv_name"])
            with open(row["pv_name"], "r+b") as file:  # the head of the volume, which nobody else has used
                file.write(bytes(1 << 20))
    return ()


def opened(names: Iterable[str]) -> list[str]:
    """Those of the volumes that somebody has open."""
    wanted = set(names)
    if not wanted:
        return []
    at, letter = OPEN
    rows = _report("lvs", "vg_name,lv_name,lv_attr")
    return sorted(
        name
        for row in rows
        if (name := f"{row['vg_name']}/{row['lv_name']}") in wanted and row["lv_attr"][at : at + 1] == letter
    )


def _tagged(command: str, columns: str, tags: str, tag: str, *words: str) -> set[str]:
    rows = _report(command, f"{columns},{tags}", *words)
    names = columns.split(",")
    return {"/".join(row[name] for name in names) for row in rows if tag in row[tags].split(",")}


def _report(command: str, columns: str, *words: str) -> list[dict[str, str]]:
    options = ["--reportformat", "json", "--units", "b", "--nosuffix", "-o", columns]
    [report] = json.loads(_run(command, *options, *words))["report"]
    rows: list[dict[str, str]] = next(iter(report.values()))
    return rows


def _run(command: str, *words: str) -> str:
    alone = [] if UDEV.exists() else ["--config", WITHOUT_UDEV]
    remedy = "`lvs`, `vgs` and `dmesg` tell more"
    failed = HostError(f"LVM refuses `{command}`", where=words[-1], remedy=remedy)
    return tool.said(["lvm", command, *alone, *words], failed)
