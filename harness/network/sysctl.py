"""Kernel settings of the dom0's network namespace that the packet filter rests on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

_NET = PurePosixPath("/proc/sys/net")


def required() -> Iterator[tuple[PurePosixPath, str]]:
    """File and value of each setting; to be written inside the namespace, before its interfaces are made."""
    ipv4 = _NET / "ipv4"
    yield ipv4 / "ip_forward", "1"
    for scope in ("all", "default"):
        # Deleting the old public address would take the new one with it.
        yield ipv4 / "conf" / scope / "promote_secondaries", "1"
        # A hairpinned node must not be told to go straight to its peer.
        yield ipv4 / "conf" / scope / "send_redirects", "0"


def if_present() -> Iterator[tuple[PurePosixPath, str]]:
    """The same for settings that exist only in some kernels."""
    # At 1 the filter would see frames between two nodes, and a node that talks to itself hangs.
    yield _NET / "bridge" / "bridge-nf-call-iptables", "0"
    # The filter is one of IPv4; a bridge or uplink with an IPv6 address would be a way past it.
    yield _NET / "ipv6" / "conf" / "default" / "disable_ipv6", "1"


def of_bridge(name: str) -> Iterator[tuple[PurePosixPath, str]]:
    """What the bridge is set to once it is made."""
    # A node without power is missed in some 5 seconds and not in 40: who calls it hears "No route to host".
    neighbours = _NET / "ipv4" / "neigh" / name
    yield neighbours / "base_reachable_time_ms", "2000"
    yield neighbours / "delay_first_probe_time", "1"
    yield neighbours / "retrans_time_ms", "250"
