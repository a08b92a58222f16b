"""Facts of the dom0's memory of the connections that it translates: it has room, and lasts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.diagnosis.fact import DOM0, Case, Fact, Seen, Want
from harness.diagnosis.facts.ways import own_rules
from harness.diagnosis.finding import Step
from harness.site import Node, Site

SETTING = "net.netfilter.nf_conntrack_"
LEAST = {
    "tcp_timeout_established": 7440,
    "tcp_timeout_syn_sent": 10,
    "tcp_timeout_syn_recv": 10,
    "udp_timeout": 10,
}
"""Seconds after which a silent connection may be forgotten: RFC 5382 5 has the first; the others are what a
resolver waits for its answer (resolv.conf(5): twice 5 s), and who connects for his."""
USUAL = {
    "tcp_timeout_established": 432000,
    "tcp_timeout_syn_sent": 120,
    "tcp_timeout_syn_recv": 60,
    "udp_timeout": 30,
}
"""The kernel's own, in seconds (its Documentation/networking/nf_conntrack-sysctl)."""
NEARLY = 0.9
"""Share of the connections it may know from which on that is told."""
LINE = "grep -s . " + " ".join(
    f"/proc/sys/{SETTING.replace('.', '/')}{name}" for name in ("max", "count", *LEAST)
)


def _wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(DOM0, ("run", LINE, ""))


def _tracking(case: Case) -> Iterator[Seen]:
    """It has room for more connections, and forgets none that is only silent."""
    said = str(case.view.got(next(_wants(case.site, None)))["said"])
    has = {name: int(value) for name, value in re.findall(r"nf_conntrack_(\w+):(\d+)", said)}
    for name, least in LEAST.items():
        if has.get(name, least) < least:
            fix = f"sysctl -w {SETTING}{name}={USUAL[name]}"
            kind = f"{name.replace('_timeout', '').replace('_', ' ')} connection"
            yield Seen(
                f"forgets a {kind} after {has[name]} s of silence, where {least} s are the least",
                f"sysctl {SETTING}{name}",
                str(has[name]),
                degraded=True,
                remedy=f"`{fix}` on the dom0",
                # What a host has set for all its networks is nobody's to change but its owner's.
                steps=(Step("", fix),) if own_rules(case.site) else (),
            )
    count, most = has.get("count", 0), has.get("max", 0)
    if most and count >= NEARLY * most:
        yield Seen(
            f"has {count} connections of at most {most}",
            f"sysctl {SETTING}count {SETTING}max",
            f"{count} of {most}",
            degraded=count < most,
            remedy=f"`sysctl -w {SETTING}max={4 * most}` on the machine whose kernel the dom0 has; "
            "`conntrack -L` (package conntrack) on the dom0 shows whose they are",
        )


FACTS = (
    Fact(
        name="tracking",
        between=True,
        roles=(),
        label="the dom0's memory of connections",
        wants=_wants,
        judge=_tracking,
        carries=("door", "ranges", "outbound", "names"),
        means="new connections are dropped, or silent ones: some of a class have no luck",
        remedy="`cat /proc/sys/net/netfilter/nf_conntrack_count` on the dom0 tells how many there are",
    ),
)
