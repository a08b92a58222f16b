"""A Xen host as xl tells of it: who rules it, what memory is free, and whose domains run there.

Sources: xl(1) (``info``, ``list --long``), xl.conf(5) (``autoballoon``), xl-network-configuration(5).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import tool
from harness.errors import HostError
from harness.ledger import boxes
from harness.site import Node
from harness.virt.domain import mac

OTHERS = {"xend": "the toolstack of Xen before 4.5", "xapi": "XAPI of XCP-ng", "xenopsd": "XAPI of XCP-ng"}
"""Daemons that rule a host's domains by themselves: what xl does beside them, they undo or never see."""
PROC = Path("/proc")
HYPERVISOR = Path("/sys/hypervisor/type")
"""Has the word xen in a domain of Xen, the dom0 being one (the kernel's ABI/stable/sysfs-hypervisor-xen)."""
OVERHEAD = 2
"""MiB that Xen keeps for a para-virtualized domain beside its own."""
OF_HOST = 256
"""MiB that the dom0 needs, as the original's."""


@dataclass(frozen=True)
class Foreign:
    """A domain that is no box's: its name, and its interfaces in libxl's words."""

    name: str
    nics: tuple[Mapping[str, Any], ...]


def check() -> None:
    """Raises HostError unless this machine is Xen's dom0, and xl rules it, alone."""
    if not HYPERVISOR.exists() or HYPERVISOR.read_text().strip() != "xen":
        raise HostError(
            "this machine does not run under Xen",
            where=str(HYPERVISOR),
            why="it does not say xen",
            remedy="boot its Xen entry (Debian: xen-system-amd64), or choose the hypervisor lxc or qemu",
        )
    check_toolstack()


def check_toolstack() -> None:
    """Raises HostError where somebody else than xl rules domains, or xl says nothing."""
    if rulers := _running(OTHERS):
        found = rulers[0]
        raise HostError(
            f"{found} rules this machine's domains, and not xl",
            where=f"the process {found}",
            why=f"it is {OTHERS[found]}, and takes domains of xl and libvirt for strangers",
            remedy=f"stop {found}, and keep it from starting at boot; or use another host",
        )
    if shutil.which("xl") is None:
        raise HostError(
            "this machine has no xl",
            where="PATH",
            why="it is in the Debian package xen-utils of the Xen that runs",
            remedy="apt-get install xen-system-amd64",
        )
    _xl("info")


def _running(names: Collection[str]) -> list[str]:
    found = set()
    for path in PROC.glob("[0-9]*/comm"):
        try:
            found.add(path.read_text().strip())
        except OSError:
            continue
    return sorted(found.intersection(names))


def check_room(wanted: Mapping[Node, int]) -> None:
    """Raises HostError for what keeps domains, of so many MiB each, from starting here."""
    listed = json.loads(_xl("list", "--long") or "[]")
    others = [found for found in map(_foreign, listed) if found]
    for node in wanted:
        _refuse_shared(node, others)
    needed, free = sum(each + OVERHEAD for each in wanted.values()), _free(listed)
    if free < needed:
        raise HostError(
            f"too little memory for {len(wanted)} domains: {needed - free} MiB are missing",
            where="xl info",
            why=f"they take {needed} MiB, and {free} MiB could be had",
            remedy="shut domains down that nobody needs (`xl list`), or have fewer nodes",
        )


def _free(listed: list[Any]) -> int:
    """MiB that new domains can have: free ones, and what a dom0 gives back whose memory is not fixed."""
    info = dict(_pairs(_xl("info")))
    free = int(info.get("free_memory", "0"))
    if "dom0_mem" in info.get("xen_commandline", ""):
        return free
    own = next(
        (
            int(each.get("config", {}).get("b_info", {}).get("target_memkb", 0)) // 1024
            for each in listed
            if each.get("domid") == 0
        ),
        0,
    )
    return free + max(0, own - OF_HOST)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _foreign(told: Mapping[str, Any]) -> Foreign | None:
    """One domain of the list; None for the dom0 and a box's."""
    config = told.get("config", {})
    name = str(config.get("c_info", {}).get("name", ""))
    if told.get("domid") == 0 or name.partition(".")[0] in boxes():
        return None
    return Foreign(name, tuple(config.get("nics", ())))


def _refuse_shared(node: Node, others: Collection[Foreign]) -> None:
    own = {"mac": mac(node), "ip": str(node.address)}
    for other in others:
        for nic in other.nics:
            for key, what in (("mac", "MAC address"), ("ip", "address")):
                if own[key] in str(nic.get(key, "")).lower().split():
                    raise HostError(
                        f"the domain {other.name!r}, which is no box's, has the {what} of {node}",
                        where="xl list --long",
                        why=f"{own[key]}; both would answer to it",
                        remedy="shut it down, or give the node another address in the site file",
                    )


def _xl(*words: str) -> str:
    remedy = "`systemctl status xen` and `xl dmesg` tell more"
    failed = HostError(f"`xl {words[0]}` fails on this machine", where="xl", remedy=remedy)
    return tool.said(["xl", *words], failed)
