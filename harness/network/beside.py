"""The packet filter of a box in its host's own network: one table beside whatever rules the host has.

It judges what goes to or comes from the box, and leaves all else to the host.  What it accepts may still be
dropped by another table: for the kernel, a packet goes on if no chain drops it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from harness.network.nftables import (
    DNS,
    INTERFACE,
    TABLE_NAME,
    block,
    chain,
    maps,
    masqueraded,
    public_ports,
    removal,
    require,
)
from harness.site import Bridge, Site
from harness.site.addresses import NAME_SERVER, OUTSIDE

PUBLIC, SEEN_AS = "public", "seen_as"
"""The set that has the public address, which need not be the host's own, as behind a router of the room; and
the chain by which the outside sees nodes there."""


@dataclass(frozen=True)
class Entrance:
    """An interface of the host at which the port table is open, at ``address`` alone unless that is None."""

    device: str
    address: IPv4Address | None = None


@dataclass(frozen=True)
class Attachment:
    """What a box meets in its host's network."""

    entrances: Sequence[Entrance]
    aside: str = ""
    """The interface towards the outside, where that stands beside the host."""
    opened: Collection[str] = ()
    """Interfaces that forwarded nothing before the box came: nothing else may go through them now."""
    names: IPv4Address | None = None
    """Who answers laptops that ask for the box's names, if anybody does."""
    resolver: IPv4Address | None = None
    """Who answers the nodes, where nothing is ``aside`` that does."""

    @property
    def asked(self) -> IPv4Address | None:
        """Where questions of nodes for names are led."""
        return NAME_SERVER if self.aside else self.resolver

    @property
    def sides(self) -> tuple[str, ...]:
        return (self.aside,) if self.aside else ()

    @property
    def devices(self) -> frozenset[str]:
        """Interfaces of the host at which the box is met."""
        return frozenset(each.device for each in self.entrances)

    @property
    def ways_out(self) -> str:
        return _set(sorted(self.devices))


def render(site: Site, attachment: Attachment, table: str) -> str:
    """The ruleset, as text for ``nft -f -``; it replaces an earlier one of the same ``table``.

    Raises ValueError for a name nft does not take.
    """
    require(TABLE_NAME, table, "table name")
    for name in (site.bridge.name, *attachment.sides, *sorted(attachment.devices)):
        require(INTERFACE, name, "interface name")
    parts = [
        *maps(site.ports),
        block(f"set {PUBLIC}", "type ipv4_addr", f"elements = {{ {site.public_address} }}"),
        _antispoof(site.bridge),
        public_ports(site.ports, attachment.names),
        _prerouting(site.bridge, attachment),
        _output(site.bridge),
        _seen_as(site.public_address),
        _postrouting(site.bridge, attachment),
        _strangers(attachment),
        _forward(site.bridge, attachment),
        _input(site.bridge, attachment),
        _no_redirects(site.bridge),
    ]
    return removal(table) + f"table ip {table} {{\n" + "\n".join(parts) + "}\n"


def moved(table: str, public: IPv4Address) -> str:
    """Text for ``nft -f -`` that gives a loaded ruleset another public address."""
    return (
        f"flush set ip {table} {PUBLIC}\nadd element ip {table} {PUBLIC} {{ {public} }}\n"
        f"flush chain ip {table} {SEEN_AS}\nadd rule ip {table} {SEEN_AS} snat ip to {public}\n"
    )


def _set(words: Sequence[object]) -> str:
    return "{ " + ", ".join(f'"{word}"' if isinstance(word, str) else str(word) for word in words) + " }"


def _antispoof(bridge: Bridge) -> str:
    """Private sources live on the bridge and nowhere else, and the bridge's address is for nodes."""
    return chain(
        "antispoof",
        f"iifname != {_set(['lo', bridge.name])} ip saddr {bridge.network} drop",
        f"iifname != {_set(['lo', bridge.name])} ip daddr {bridge.network} drop",
        f'iifname "{bridge.name}" ip saddr != {bridge.network} drop',
        hook="type filter hook prerouting priority raw; policy accept;",
    )


def _prerouting(bridge: Bridge, attachment: Attachment) -> str:
    queries = f'iifname "{bridge.name}" ip daddr {bridge.address} {DNS}'
    ours = _set([bridge.name, *attachment.sides])
    return chain(
        "prerouting",
        *([f"{queries} dnat ip to {attachment.asked}"] if attachment.asked else []),
        f"ip daddr {bridge.address} return",
        f"iifname {ours} ip daddr @{PUBLIC} jump public_ports",
        "fib daddr type != local return",
        f"iifname {ours} jump public_ports",
        *(f"{_at(entrance)} jump public_ports" for entrance in attachment.entrances),
        hook="type nat hook prerouting priority dstnat; policy accept;",
    )


def _at(entrance: Entrance) -> str:
    return f'iifname "{entrance.device}"' + (f" ip daddr {entrance.address}" if entrance.address else "")


def _output(bridge: Bridge) -> str:
    """The host itself sees the box at its own addresses, too."""
    return chain(
        "local_output",
        f"ip daddr @{PUBLIC} jump public_ports",
        "fib daddr type != local return",
        f"ip daddr {{ 127.0.0.0/8, {bridge.address} }} return",
        "jump public_ports",
        # nft 1.0.6 does not take the name dstnat here.
        hook="type nat hook output priority -100; policy accept;",
    )


def _seen_as(public: IPv4Address) -> str:
    return chain(SEEN_AS, f"snat ip to {public}")


def _postrouting(bridge: Bridge, attachment: Attachment) -> str:
    beside = f"{{ {bridge.network}, {OUTSIDE}, {NAME_SERVER} }}"
    return chain(
        "postrouting",
        *(f'oifname "{aside}" ip saddr {bridge.network} jump {SEEN_AS}' for aside in attachment.sides),
        f"oifname {attachment.ways_out} ip saddr {beside} masquerade",
        *masqueraded(attachment.names),
        # Hairpin: without it the answering node would reply past the dom0, from its private address.
        f'oifname "{bridge.name}" ip saddr {bridge.network} ct status dnat masquerade',
        hook="type nat hook postrouting priority srcnat; policy accept;",
    )


def _strangers(attachment: Attachment) -> str:
    """What is no node's: the outside is a machine of the LAN, and all else is the host's own affair."""
    rules = []
    for aside in attachment.sides:
        if attachment.names:
            asking = _set(sorted({aside, *attachment.devices}))
            rules += [
                f'iifname {asking} oifname "{aside}" ip daddr {attachment.names} ct status dnat accept',
                f'iifname "{aside}" oifname "{aside}" ct state established,related accept',
            ]
        rules += [
            f'iifname "{aside}" ip daddr @{PUBLIC} drop',
            f'iifname "{aside}" oifname {attachment.ways_out} accept',
            f'iifname {attachment.ways_out} oifname "{aside}" ct state established,related accept',
            f'oifname "{aside}" drop',
            f'iifname "{aside}" drop',
        ]
    if attachment.opened:
        rules.append(f"iifname {_set(sorted(attachment.opened))} drop")
    return chain("strangers", *rules)


def _forward(bridge: Bridge, attachment: Attachment) -> str:
    return chain(
        "forward",
        *_forwarded(bridge, attachment),
        hook="type filter hook forward priority filter; policy accept;",
    )


def _forwarded(bridge: Bridge, attachment: Attachment) -> Iterator[str]:
    name = f'"{bridge.name}"'
    yield f"iifname != {name} oifname != {name} goto strangers"
    yield "ct state invalid drop"
    yield "ct state established,related accept"
    opened = _set(sorted({bridge.name, *attachment.sides, *attachment.devices}))
    yield f"iifname {opened} ct status dnat accept"
    yield f"ip daddr @{PUBLIC} drop"
    yield f"iifname {name} oifname {opened} accept"
    yield "drop"


def _input(bridge: Bridge, attachment: Attachment) -> str:
    """Nodes reach no service of the host, unless it is the one that answers them for names."""
    return chain(
        "input",
        f'iifname != "{bridge.name}" return',
        "ct state established,related accept",
        *([f"ip daddr {attachment.resolver} {DNS} ct status dnat accept"] if attachment.resolver else []),
        "meta l4proto icmp accept",
        "drop",
        hook="type filter hook input priority filter; policy accept;",
    )


def _no_redirects(bridge: Bridge) -> str:
    """A hairpinned node must not be told to go straight to its peer; the host's own setting stays."""
    return chain(
        "output",
        f'oifname "{bridge.name}" icmp type redirect drop',
        hook="type filter hook output priority filter; policy accept;",
    )
