"""A box that stands still: every process of its dom0, its nodes and the outside is held at one point.

The kernel's word counts; the ledger tells who wanted it.  What stands still takes memory, and no processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from harness.box.box import Box
from harness.box.ready import wait_until_ready
from harness.dom0.kinds import KINDS
from harness.errors import InputError
from harness.ledger import Ledger
from harness.site import Site
from harness.virt import fleet

KIND = "suspended"
"""In the ledger: since when, until somebody has it go on."""


def check(site: Site) -> None:
    """Raises InputError for a box of which not all can stand still."""
    if not KINDS.of(site.dom0_kind).SUSPENDS:
        raise InputError(
            f"a box whose dom0 is of the kind {site.dom0_kind} can't be suspended, and has no snapshots",
            where="[dom0] kind of the site file",
            why="its processes are those of another machine",
        )
    others = [f"{node} ({node.hypervisor})" for node in site.nodes if not fleet.kind_of(node).SUSPENDS]
    if others:
        raise InputError(
            f"such nodes can't be suspended, and have no snapshots: {', '.join(others)}",
            where="hypervisor of the site file",
            why="those of the hypervisor lxc can",
        )


def since(ledger: Ledger) -> str:
    """When somebody wanted the box to stand still, as ISO 8601 in UTC; empty if nobody did."""
    return next((entry.details.get("since", "") for entry in ledger.of_kind(KIND)), "")


def suspend(box: Box) -> None:
    """Have a box stand still; the caller holds the ledger's lock.  Raises HarnessError or HostError."""
    for entry in box.ledger.of_kind(KIND):
        box.ledger.gone(entry)  # of a suspension that was killed, or one whose end was
    entry = box.ledger.intend(KIND, box.name, since=datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        box.dom0.suspend()
    except BaseException:
        box.ledger.gone(entry)
        raise


def let_go(box: Box) -> None:
    """Have it go on, and don't look how; the caller holds the ledger's lock."""
    if box.dom0.suspended:
        box.dom0.resume()
    for entry in box.ledger.of_kind(KIND):
        box.ledger.gone(entry)


def resume(box: Box) -> None:
    """Have it go on, and wait until every service answers; the caller holds the ledger's lock.

    Raises WaitError that names those that don't.
    """
    let_go(box)
    wait_until_ready(box, box.site.nodes)


@contextmanager
def still(box: Box) -> Iterator[None]:
    """Have a box stand still for as long as the block runs; one that does so already goes on doing it."""
    if box.dom0.suspended:
        yield
        return
    try:
        box.dom0.suspend()
        yield
    finally:
        box.dom0.resume()
