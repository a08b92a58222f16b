"""Facts of a node's disk: room, room for files, and whether it can be written to."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.fact import DOM0, Case, Fact, Seen, Want
from harness.diagnosis.facts.network import AGAIN, ALL
from harness.diagnosis.finding import Step
from harness.site import Node, Role, Site

COMMON = ["/", "/tmp", "/var/tmp", "/var/log", "/run", "/home"]
LEASES = "/etc/grid-security/gridmapdir"
"""Where it is missing, pool accounts are: that is the link which tells."""
OF_ROLE = {
    Role.CE: ["/var/spool/torque", LEASES],
    Role.WN: ["/var/spool/torque"],
    Role.RB: ["/var/lib/icebox/wms", "/var/lib/mysql", "/var/spool/condor", "/var/lib/icebox-catalogue"],
}
HOSTS = "/var/lib"
NEARLY, FULL = 0.05, 0.001
"""Shares that are free of a disk that is nearly full, and of one that is full for whoever is not root."""
LEAST = 1 << 20
"""Bytes that must be free."""
SCRATCH = "/tmp"
MOUNTED = f"findmnt -no OPTIONS -T {SCRATCH}"
"""How that is mounted where jobs keep, and start, what they bring along."""
OPEN = ("/tmp", "/var/tmp")
"""Where everyone must be able to write."""


def _paths(site: Site, node: Node) -> list[str]:
    storage = [site.storage] if node.role is Role.SE else []
    return [*COMMON, *OF_ROLE.get(node.role, []), *storage]


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("disks", _paths(site, node)))
    yield Want(node.name, ("files", list(OPEN), False))
    yield from [Want(node.name, ("run", MOUNTED, ""))] * (node.role is Role.WN)
    yield from _host_wants(site, node)


def _host_wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(DOM0, ("disks", [HOSTS]))


def _disk(case: Case) -> Iterator[Seen]:
    """Every place that services and jobs write to takes more."""
    asked, opened, *mounted, _ = _wants(case.site, case.node)
    found: dict[str, dict[str, Any]] = case.view.got(asked)
    told: set[tuple[int, int]] = {_size(case.view.got(_host(case)))}  # the host's own disk is told there
    for path, room in found.items():
        if room.get("bytes") and _size(room) in told:
            if room["error"]:
                yield _shut(case.here.name, path, room["error"])
            continue
        why = _trouble(case.here.name, path, room)
        if why:
            told |= {_size(room)} if room.get("bytes") else set()
            yield why
    for path, seen in case.view.got(opened).items():
        if seen["mode"] & 0o7777 != 0o1777:
            yield Seen(
                f"does not let everyone write to {path} (mode {seen['mode']:04o}, not 1777)",
                f"ls -ld {path}",
                since=seen["changed"],
                remedy=f"`chmod 1777 {path}` on {case.here}",
                steps=(Step(case.here.name, f"chmod 1777 {path}"),),
            )

    for want in mounted:
        if "noexec" in case.view.got(want)["said"].strip().split(","):
            fix = f"mount -o remount,exec {SCRATCH} || mount -o remount,bind,exec {SCRATCH}"
            yield Seen(
                f"has no program started that lies in {SCRATCH}, as those of jobs do (it is mounted noexec)",
                MOUNTED,
                case.view.got(want)["said"],
                remedy=f"`{fix}` on {case.here}",
                steps=(Step(case.here.name, fix),),
            )


def _host(case: Case) -> Want:
    return next(_host_wants(case.site, case.node))


def _size(room: dict[str, Any]) -> tuple[int, int]:
    """What tells one file system from another; the host's has a home in several."""
    if HOSTS in room:
        room = room[HOSTS]
    return room["bytes"], room["files"]


def _shut(place: str, path: str, error: str) -> Seen:
    """A place that can't be written to, for whatever reason the kernel gives."""
    mounted = f"`mount -o remount,rw {path} || mount -o remount,bind,rw {path}` on {place}"
    return Seen(
        f"can't be written to at {path}: {error.lower()}",
        f"touch {path}/x",
        error,
        remedy=mounted if error == os.strerror(errno.EROFS) else "",
    )


def _trouble(place: str, path: str, room: dict[str, Any]) -> Seen | None:
    probe = f"df {path}; df -i {path}"
    takes = f"make room on {place}: `du -xa {path} | sort -n | tail` shows what takes it"
    many = f"remove files on {place}: `du --inodes -x {path} | sort -n | tail` shows where they are"
    if "bytes" not in room and path == LEASES:
        return None
    if "bytes" not in room:
        return Seen(f"lacks {path}: {room['error']}", f"ls -ld {path}")
    size, free = room["bytes"], room["free"]
    said = f"free: {free / 1e6:.1f} of {size / 1e6:.1f} MB, {room['files_free']} of {room['files']} files"
    if size and (free < min(LEAST, size * NEARLY) or free / size < FULL):
        return Seen(f"is full at {path}", probe, said, remedy=takes)
    if room["files"] and room["files_free"] / room["files"] < FULL:
        return Seen(f"takes no more files at {path}", probe, said, remedy=many)
    if room["error"]:
        return _shut(place, path, room["error"])
    if size and free / size < NEARLY:
        why = f"is nearly full at {path}: {free / size:.0%} is free"
        return Seen(why, probe, said, degraded=True, remedy=takes)
    if room["files"] and room["files_free"] / room["files"] < NEARLY:
        return Seen(f"takes few more files at {path}", probe, said, degraded=True, remedy=many)
    return None


def _hosts_disk(case: Case) -> Iterator[Seen]:
    found = case.view.got(_host(case))
    for path, room in found.items():
        # Memory of the dom0's own is no disk of a node; what nodes write is where the state is.
        why = _trouble("the host", path, room) if path == HOSTS else None
        if why:
            yield why


FACTS = (
    Fact(
        name="hostdisk",
        plain=True,
        roles=(),
        label="the disk of the machine that hosts the box",
        wants=_host_wants,
        judge=_hosts_disk,
        carries=("disk",),
        means="no node can write",
        remedy="make room on the host: `du -x / | sort -n | tail` shows what takes it",
    ),
    Fact(
        name="disk",
        plain=True,
        roles=ALL,
        label="the disk of {node}",
        wants=_wants,
        judge=_disk,
        carries=("*", "student", "proxy", "login", "transfer", "pool", "area"),
        means="what is to be written there is not: jobs, files, logs, the services' own books",
        remedy=AGAIN,
    ),
)
