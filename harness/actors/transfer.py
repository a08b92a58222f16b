"""Files over GridFTP, as a student types it; where no data comes through, the data port is named."""

from __future__ import annotations

from ipaddress import IPv4Address

from harness.access.terminal import Terminal
from harness.command import CommandResult
from harness.errors import CheckFailed
from harness.expect import longer
from harness.grid.storage import passive
from harness.site import Site

STALL = 30
"""Seconds without a byte after which globus-url-copy gives up; by itself it takes 600.

It looks every six seconds or so, so that it may take a little longer.
"""
LOOK = 5
"""The same for a second try, which is made only to see the port."""
LIMIT = 120.0
"""Seconds a large file may take on a busy machine."""
ABORTED = "the operation was aborted"


def copy(shell: Terminal, site: Site, source: str, target: str, *, remedy: str, options: str = "") -> None:
    """``globus-url-copy`` from one URL to another; raises CheckFailed."""
    stall = longer(STALL)
    ran = shell.run(_line(stall, options, source, target), timeout=LIMIT)
    if not ran.ok and ABORTED in ran.output:
        seen = shell.run(_line(longer(LOOK), f"-dbg {options}", source, target), timeout=LIMIT)
        place = passive(seen.output)
        if place is not None:
            raise no_data(site, ran, *place)
    ran.expect_success(remedy)


def no_data(site: Site, ran: CommandResult, address: IPv4Address, port: int) -> CheckFailed:
    """What to look at when nothing came through a data port that the SE announced."""
    table, row = site.port_table_name, site.ports.find(port)
    if row is None or row.address not in {node.address for node in site.ses}:
        leads = (
            f"line {row.line} of {table} leads it to {row.address}" if row else f"no row of {table} has it"
        )
        why = f"{leads}, so it does not reach the SE"
        remedy = (
            f"GLOBUS_TCP_PORT_RANGE of the SE must be the ports that {table} leads to it: "
            "`./icebox restore se /etc/gridftp.conf`; `systemctl restart globus-gridftp-server` there"
        )
    else:
        why = f"line {row.line} of {table} ({row}) should lead it to the SE"
        remedy = (
            f"look at DNS-1, whether {address} is the box's address now, and for what drops packets: "
            "`nft list ruleset` on the dom0, a firewall on the SE; NET-4 tries the same ports"
        )
    what = f"no data came through the SE's data port, {address} port {port}, for {longer(STALL):.0f} s"
    return CheckFailed(what, where=ran.where, why=f"{why}; {ran.output.strip()}", remedy=remedy)


def _line(stall: float, options: str, source: str, target: str) -> str:
    return " ".join(["globus-url-copy", f"-st {stall:.0f}", *options.split(), source, target])
