"""The network of a site file: bridge, nodes and public address, and whether they fit each other."""

from __future__ import annotations

import re
from collections import Counter
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError

from harness.site import Bridge, Node, Role
from harness.sitereader import Reader

FURTHER = {Role.WN: 100, Role.CE: 170, Role.SE: 180}
"""Host part of the second node of a role; the third follows it, and so on."""
MOST = {Role.WN: 64, Role.CE: 9, Role.SE: 9}
"""How many nodes of a role there can be."""
OUTSIDE = {
    IPv4Address("203.0.113.1"): "the outside's",
    IPv4Address("203.0.113.53"): "the embedded DNS service's",
}
"""Addresses of the embedded dom0's surroundings (harness.dom0.uplink), which no box may have."""


def bridge_of(reader: Reader) -> Bridge:
    """The private network."""
    text: str = reader.value("network", "address")
    try:
        interface = IPv4Interface(text)
    except (AddressValueError, NetmaskValueError):
        reader.reject("network", "address", f"{text!r} is not ADDRESS/PREFIX such as 192.168.1.1/24")
        interface = IPv4Interface("192.168.1.1/24")
    if interface.ip in (interface.network.network_address, interface.network.broadcast_address):
        reader.complain("network", "address", f"{interface.ip} is the network's, not the bridge's")
    name: str = reader.value("network", "bridge")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,14}", name):
        reader.complain("network", "bridge", f"{name!r} can't name a bridge (at most 15 characters)")
    return Bridge(name, interface)


def nodes_of(reader: Reader, bridge: Bridge) -> tuple[Node, ...]:
    """Every node: the first of each role as it stands there, further ones counted from it."""
    domain = str(reader.raw.get("site", {}).get("domain", ""))
    nodes = [
        Node(reader.label(role.value, "name"), role, reader.address(role.value, "address"), domain)
        for role in Role
    ]
    for role, host in FURTHER.items():
        first = next(node for node in nodes if node.role is role)
        for index in range(2, reader.count(role.value, "count", 1, MOST[role]) + 1):
            address = bridge.network.network_address + host + index - 2
            nodes.append(Node(f"{first.name}{index}", role, address, domain, index))
    _check_nodes(reader, nodes, bridge)
    _check_clusters(reader, nodes)
    return tuple(nodes)


def _check_clusters(reader: Reader, nodes: list[Node]) -> None:
    count = Counter(node.role for node in nodes)
    if count[Role.WN] < count[Role.CE]:
        reader.complain("wn", "count", f"{count[Role.WN]} WNs for {count[Role.CE]} CEs: each CE needs one")


def _check_nodes(reader: Reader, nodes: list[Node], bridge: Bridge) -> None:
    names = Counter(node.name for node in nodes)
    addresses = Counter(node.address for node in nodes)
    for node in nodes:
        table = node.role.value
        if names[node.name] > 1:
            reader.complain(table, "name", f"the name {node.name!r} is given to {names[node.name]} nodes")
        if addresses[node.address] > 1:
            reader.complain(table, "address", f"{node.address} is given to {addresses[node.address]} nodes")
        if node.address not in bridge.network:
            reader.complain(
                table, "address", f"{node.address} lies outside the bridge's network {bridge.network}"
            )
        elif node.address in (
            bridge.address,
            bridge.network.network_address,
            bridge.network.broadcast_address,
        ):
            reader.complain(table, "address", f"{node.address} is the bridge's or the network's own address")


def public_address(reader: Reader, bridge: Bridge) -> IPv4Address:
    """Where the dom0 is reached from outside."""
    address = reader.address("dom0", "address")
    if address in bridge.network:
        reader.complain("dom0", "address", f"{address} lies inside the bridge's network {bridge.network}")
    if address in OUTSIDE:
        reader.complain("dom0", "address", f"{address} is {OUTSIDE[address]} own")
    elif address.is_multicast or address.is_loopback or address.is_unspecified or address.is_reserved:
        reader.complain("dom0", "address", f"{address} is no address a host can have")
    return address
