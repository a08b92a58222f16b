"""Typing the lines of faults at places of a box: nodes without their network, the dom0, the outside."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath

from harness.access.shell import Shell
from harness.box.box import Box
from harness.command import CommandResult
from harness.dom0.place import Place
from harness.errors import HarnessError
from harness.faults.fault import DOM0, OUTSIDE, Fault, Step
from harness.site import Role
from harness.site.addresses import NAME_SERVER
from harness.site.addresses import OUTSIDE as OUTSIDE_ADDRESS

TIMEOUT = 90.0
"""Seconds for the lines of one step: services that are restarted have as much from systemd."""
KEPT = "/var/lib/icebox/kept"
NAMES = (
    *(f"{role}{what}" for role in Role for what in ("", "_name", "_fqdn")),
    *("box", "vo", "database", "domain", "bridge", "gateway", "public"),
    *("queue", "student", "other", "storage", "laptop", "resolver"),
)
"""What lines of faults see as variables of the shell."""


def facts(box: Box) -> Mapping[str, str]:
    """Addresses and names of a box, by ``NAMES``."""
    site = box.site
    first = {role: site.of(role)[0] for role in Role}
    found = {role.value: str(node.address) for role, node in first.items()}
    found |= {f"{role}_name": node.name for role, node in first.items()}
    found |= {f"{role}_fqdn": node.fqdn for role, node in first.items()}
    found |= {
        "box": box.name,
        "vo": site.vo,
        "database": site.vo_database,
        "domain": site.domain,
        "bridge": site.bridge.name,
        "gateway": str(site.bridge.address),
        "public": str(box.public_address),
        "queue": site.queue,
        "student": site.students[0].login,
        "other": site.students[-1].login,
        "storage": site.storage,
        "laptop": str(OUTSIDE_ADDRESS),
        "resolver": str(NAME_SERVER),
    }
    assert set(found) == set(NAMES)
    return found


def put(box: Box, fault: Fault, step: Step) -> None:
    """Break it; raises HarnessError if that fails."""
    keep = _keep(box, fault, step)
    _typed(box, step, f"mkdir -p {keep}; chmod 700 {PurePosixPath(keep).parent} {keep}")
    for name, content in step.brings:
        _at(box, step.place).put(f"{keep}/{name}", content(box), mode=0o600)
    _typed(box, step, step.put, keep)


def take(box: Box, fault: Fault, step: Step) -> None:
    """Undo it, whatever is left of it; raises HarnessError if that fails."""
    keep = _keep(box, fault, step)
    _typed(box, step, f"{step.take}\nrm -rf --one-file-system {keep}", keep)


FUNCTIONS = """\
run() { systemd-run --quiet --collect --unit "extra-$mark" "$@"; }
ended() { systemctl stop "extra-$mark" 2>/dev/null || true; }
covered() { findmnt -rno "$2" --mountpoint "$1" | tail -1 | grep -qx "$3"; }
uncover() { while covered "$@"; do umount -l "$1"; back=yes; done; }
"""
"""A program that runs on, and its end; the removal of mounts over a directory, by a column of findmnt(8)."""


def _typed(box: Box, step: Step, lines: str, keep: str = "") -> CommandResult:
    said = "\n".join(f"{name}={shlex.quote(value)}" for name, value in facts(box).items())
    mark = PurePosixPath(keep).name
    text = f"set -e; exec </dev/null; keep={keep} mark={mark}\n{said}\n{FUNCTIONS}{lines}\n"
    ran = _at(box, step.place).run(f"sh -c {shlex.quote(text)}", timeout=TIMEOUT)
    if not ran.ok:
        raise HarnessError(
            "this could not be done to the box",
            where=step.place,
            why=f"exit code {ran.exit_code}: {ran.output.strip()[-400:] or lines.strip()[-400:]}",
            remedy=f"./icebox status --box {box.name} shows whether the place is up",
        )
    return ran


def _at(box: Box, place: str) -> Place | Shell:
    """Nodes are reached past their network and sshd, which may be what is broken."""
    if place == DOM0:
        return box.dom0
    if place == OUTSIDE:
        return box.outside
    node = box.site.of(Role(place))[0]
    return box.inside(node) or box.shell(node)


def _keep(box: Box, fault: Fault, step: Step) -> str:
    # What lies at the dom0 goes with the box; a node's own disk outlives its power.
    top = f"{box.dom0.directory}/kept" if step.place == DOM0 else KEPT
    return f"{top}/{fault.mark}{fault.steps.index(step)}"
