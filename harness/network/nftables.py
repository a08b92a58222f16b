"""The packet filter of a box: NAT and nothing else through, as one atomic ruleset.

No public address stands in the ruleset, so moving the dom0 to another address needs no reload.  Every public
name leads to the public address, from inside too; nodes reach each other through it by hairpin.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address

from harness.site import Bridge, Node, Site
from harness.site.portrow import PortRow
from harness.site.ports import SSH_PORT, PortTable

TABLE = "icebox"
NFS = 2049
DNS = "meta l4proto { tcp, udp } th dport 53"

# An interface keeps out of the way of nft's quoting; 15 is the kernel's limit (IFNAMSIZ).
INTERFACE = re.compile(r"[A-Za-z0-9_.:@-]{1,15}")
TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def render(site: Site, *, uplink: str, resolver: IPv4Address | None, lan: str = "") -> str:
    """The ruleset of a box, as text for ``nft -f -``.

    It replaces an earlier one in one transaction; ``removal`` takes it away.  ``uplink`` is the dom0's
    interface to the outside, and ``lan`` another one by which others come.  ``resolver`` answers the nodes'
    DNS queries to the bridge address; None leaves them to the dom0 itself.  Those of others go where the site
    answers them, if it does.  Root of a node that mounts its /home reaches the dom0's file server.
    Raises ValueError for a name nft does not take.
    """
    uplinks = (uplink, lan) if lan else (uplink,)
    for name in (*uplinks, site.bridge.name):
        require(INTERFACE, name, "interface name")
    beyond = quoted(*uplinks)
    parts = [
        *maps(site.ports),
        _antispoof(site.bridge, beyond),
        public_ports(site.ports, site.room_server),
        _prerouting(site.bridge, quoted(*uplinks, site.bridge.name), resolver),
        _local_output(),
        _postrouting(site.bridge, beyond, site.room_server),
        _forward(site.bridge, quoted(site.bridge.name, *uplinks)),
        _input(site.bridge, beyond, site.mounting),
    ]
    return removal() + f"table ip {TABLE} {{\n" + "\n".join(parts) + "}\n"


def quoted(*names: str) -> str:
    """Interfaces, as a match takes them: one, or a set of several."""
    words = [f'"{name}"' for name in names]
    return words[0] if len(words) == 1 else f"{{ {', '.join(words)} }}"


def removal(table: str = TABLE) -> str:
    """Text for ``nft -f -`` that takes the ruleset away, whether or not it is loaded."""
    # "add" makes the "delete" succeed when there is nothing to delete.
    return f"add table ip {table}\ndelete table ip {table}\n"


def require(pattern: re.Pattern[str], name: str, what: str) -> None:
    if pattern.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no {what} for nftables")


def block(head: str, *lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"    {head} {{\n{body}    }}\n"


def chain(name: str, *rules: str, hook: str = "") -> str:
    return block(f"chain {name}", *([hook] if hook else []), *rules)


def _kept(ports: PortTable) -> list[PortRow]:
    return [row for row in ports if row.keeps_ports]


def _moved(ports: PortTable) -> list[PortRow]:
    return [row for row in ports if not row.keeps_ports]


def maps(ports: PortTable) -> Iterator[str]:
    """Two maps, as nft has no map from an interval to an address with another port."""
    kept = (f"{_interval(row)} : {row.address}" for row in _kept(ports))
    moved = (f"{row.first} : {row.address} . {row.target}" for row in _moved(ports))
    yield _map("kept_ports", "inet_service : ipv4_addr", kept, flags="flags interval")
    yield _map("moved_ports", "inet_service : ipv4_addr . inet_service", moved)


def _interval(row: PortRow) -> str:
    return str(row.first) if row.first == row.last else f"{row.first}-{row.last}"


def _map(name: str, kind: str, elements: Iterable[str], flags: str = "") -> str:
    listed = ", ".join(elements)
    lines = [f"type {kind}", flags, f"elements = {{ {listed} }}" if listed else ""]
    return block(f"map {name}", *filter(None, lines))


def _antispoof(bridge: Bridge, beyond: str) -> str:
    """Private sources live on the bridge and nowhere else."""
    return chain(
        "antispoof",
        f"iifname {beyond} ip saddr {bridge.network} drop",
        f'iifname "{bridge.name}" ip saddr != {bridge.network} drop',
        hook="type filter hook prerouting priority raw; policy accept;",
    )


def public_ports(ports: PortTable, names: IPv4Address | None) -> str:
    """Where what comes to a port of the dom0's is sent; ``names`` is who answers questions for names."""
    rules = [f"{DNS} dnat ip to {names}"] if names else []
    if _kept(ports):
        rules.append("dnat ip to tcp dport map @kept_ports")
    if _moved(ports):
        rules.append("dnat ip to tcp dport map @moved_ports")
    return chain("public_ports", *rules)


def _prerouting(bridge: Bridge, around: str, resolver: IPv4Address | None) -> str:
    """What comes for any address of the dom0 but the bridge's goes by the port table."""
    rules = ["fib daddr type != local return"]
    if resolver is not None:
        queries = f'iifname "{bridge.name}" ip daddr {bridge.address} {DNS}'
        rules.append(f"{queries} dnat ip to {resolver}")
    rules += [
        f"ip daddr {bridge.address} return",
        f"iifname {around} jump public_ports",
    ]
    return chain("prerouting", *rules, hook="type nat hook prerouting priority dstnat; policy accept;")


def _local_output() -> str:
    """The dom0 itself sees the box at its public address too."""
    return chain(
        "local_output",
        "fib daddr type != local return",
        # A reply to 127.0.0.1 could not come back from a node.
        "ip daddr 127.0.0.0/8 return",
        "jump public_ports",
        # nft 1.0.6 does not take the name dstnat here.
        hook="type nat hook output priority -100; policy accept;",
    )


def masqueraded(names: IPv4Address | None) -> Iterator[str]:
    """Who answers questions for names has no way back to those who ask, one of whom may be itself."""
    if names:
        yield f"ip daddr {names} masquerade"


def _postrouting(bridge: Bridge, beyond: str, names: IPv4Address | None) -> str:
    return chain(
        "postrouting",
        f"oifname {beyond} ip saddr {bridge.network} masquerade",
        *masqueraded(names),
        # Hairpin: without it the answering node would reply past the dom0, from its private address.
        f'oifname "{bridge.name}" ip saddr {bridge.network} ct status dnat masquerade',
        hook="type nat hook postrouting priority srcnat; policy accept;",
    )


def _forward(bridge: Bridge, around: str) -> str:
    return chain(
        "forward",
        "ct state invalid drop",
        "ct state established,related accept",
        "ct status dnat accept",
        f'iifname "{bridge.name}" oifname {around} accept',
        hook="type filter hook forward priority filter; policy drop;",
    )


def _input(bridge: Bridge, beyond: str, mounting: Collection[Node]) -> str:
    of_nodes = f'iifname "{bridge.name}" ip saddr {{ {", ".join(str(node.address) for node in mounting)} }}'
    return chain(
        "input",
        'iifname "lo" accept',
        "ct state invalid drop",
        "ct state established,related accept",
        "meta l4proto icmp accept",
        f"iifname {beyond} tcp dport {SSH_PORT} accept",
        f'iifname "{bridge.name}" udp dport {{ 53, 123 }} accept',
        f'iifname "{bridge.name}" tcp dport 53 accept',
        *([f"{of_nodes} tcp sport 1-1023 tcp dport {NFS} accept"] if mounting else []),
        hook="type filter hook input priority filter; policy drop;",
    )
