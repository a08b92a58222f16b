"""Which IPv4 addresses and networks a box can have."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

OUTSIDE = IPv4Address("203.0.113.1")
"""The trainees' laptops."""
NAME_SERVER = IPv4Address("203.0.113.53")
"""The dynamic DNS service, which is everyone's resolver."""
ROOM_SERVER = IPv4Address("203.0.113.54")
"""The same where laptops of the class room ask it: they get the names of the box, and no others."""
SERVERS = IPv4Network("203.0.113.52/30")
"""Both of them."""
BEYOND = {
    OUTSIDE: "the outside's",
    NAME_SERVER: "the embedded DNS service's",
    ROOM_SERVER: "the embedded DNS service's",
}
"""Addresses beyond the dom0, which no box may have."""
TAKEN = {
    IPv4Network("0.0.0.0/8"): "this host's (0.0.0.0/8)",
    IPv4Network("127.0.0.0/8"): "the loopback's (127.0.0.0/8)",
    IPv4Network("169.254.0.0/16"): "link-local (169.254.0.0/16)",
    IPv4Network("224.0.0.0/4"): "multicast (224.0.0.0/4)",
    IPv4Network("240.0.0.0/4"): "reserved (240.0.0.0/4)",
}
"""Networks with no host that others could reach (RFC 6890, RFC 5771), and what they are."""
WIDEST, NARROWEST = 8, 29
"""Prefix lengths of a private network: nodes' MACs have three bytes of their address; five nodes, the bridge
and the network's own two addresses are eight."""


def unfit_host(address: IPv4Address) -> str:
    """Why no node and no dom0 can have the address; empty if one can."""
    if address in BEYOND:
        return f"{address} is {BEYOND[address]} own"
    for network, what in TAKEN.items():
        if address in network:
            return f"{address} is no address a host can have: it is {what}"
    return ""


def unfit_network(network: IPv4Network) -> str:
    """Why it can't be the nodes' private network; empty if it can."""
    if not WIDEST <= network.prefixlen <= NARROWEST:
        return f"a prefix of {network.prefixlen} is not between {WIDEST} and {NARROWEST}"
    for other, what in TAKEN.items():
        if network.overlaps(other):
            return f"{network} can't be a private network: it has addresses that are {what}"
    for address, whose in BEYOND.items():
        if address in network:
            return f"{network} holds {address}, {whose} own"
    return ""
