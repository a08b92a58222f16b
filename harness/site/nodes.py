"""The network of a site file: bridge, nodes and public address, and whether they fit each other."""

from __future__ import annotations

import re
from collections import Counter
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError

from harness.errors import shown
from harness.site.addresses import unfit_host, unfit_network
from harness.site.description import Bridge, Node, Role, role_words
from harness.site.reader import Reader

FURTHER = {Role.WN: 100, Role.CE: 170, Role.SE: 180}
"""Host part of the second node of a role; the third follows it, and so on."""
MOST = {Role.WN: 64, Role.CE: 9, Role.SE: 9}
"""How many nodes of a role there can be."""
BRIDGE = re.compile(r"[a-z][a-z0-9-]{0,14}")
"""15 characters are the kernel's limit (IFNAMSIZ)."""
TAKEN_BRIDGES = re.compile(
    r"lo|all|default|(uplink|wan|icebox)[0-9]*|eth[0-9]+|v(net|eth)[0-9].*|(sit|tunl|gre|gretap|erspan|ip6tnl|ip6gre)[0-9]+"
)
"""Interfaces that a new network namespace, libvirt or the dom0 have already, and what stands for several of
them below /proc/sys/net."""
DOOR = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}")
"""An interface as people name them, or an IPv4 address."""
NOT_YET = IPv4Address(0)
"""Stands for the public address that a dom0 finds when it is brought up."""
NAME_LONGEST = 64
"""Characters of a full name: of a host's name on Linux (HOST_NAME_MAX) and of a certificate's (RFC 5280)."""
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""Names that are read as an address."""
TAKEN_NAMES = {
    "outside": "the machine outside",
    "localhost": "each machine itself",
    "dom0": "the dom0",
    "all": "every node, for Slurm",
    "default": "every node, for Slurm",
}


def bridge_of(reader: Reader) -> Bridge:
    """The private network."""
    text: str = reader.value("network", "address")
    try:
        interface = IPv4Interface(text)
    except (AddressValueError, NetmaskValueError):
        reader.reject("network", "address", f"{shown(text)} is not ADDRESS/PREFIX such as 192.168.1.1/24")
        interface = IPv4Interface("192.168.1.1/24")
    if wrong := unfit_network(interface.network):
        reader.reject("network", "address", wrong)
    elif interface.ip in (interface.network.network_address, interface.network.broadcast_address):
        reader.reject("network", "address", f"{interface.ip} is the network's, not the bridge's")
    name: str = reader.value("network", "bridge")
    if not BRIDGE.fullmatch(name):
        reader.complain("network", "bridge", f"{shown(name)} can't name a bridge (at most 15 characters)")
    elif TAKEN_BRIDGES.fullmatch(name):
        reader.complain("network", "bridge", f"{name!r} names, or may name, another interface of the dom0")
    return Bridge(name, interface)


def nodes_of(reader: Reader, bridge: Bridge) -> tuple[Node, ...]:
    """Every node: the first of each role as it stands there, further ones counted from it."""
    domain: str = reader.value("site", "domain")
    nodes = [
        Node(reader.label(role.value, "name"), role, reader.address(role.value, "address"), domain)
        for role in Role
    ]
    for role, host in FURTHER.items():
        first = next(node for node in nodes if node.role is role)
        for index in range(2, reader.count(role.value, "count", 1, MOST[role]) + 1):
            address = _counted(bridge, host + index - 2)
            nodes.append(Node(f"{first.name}{index}", role, address, domain, index))
    _check_names(reader, nodes)
    if not reader.rejected("network", "address"):
        _check_addresses(reader, nodes, bridge)
    _check_clusters(reader, nodes)
    return tuple(nodes)


def _check_clusters(reader: Reader, nodes: list[Node]) -> None:
    count = Counter(node.role for node in nodes)
    if count[Role.WN] < count[Role.CE]:
        reader.complain("wn", "count", f"{count[Role.WN]} WNs for {count[Role.CE]} CEs: each CE needs one")


def _counted(bridge: Bridge, host: int) -> IPv4Address:
    """The address of a host by its number; beyond a small network its last one, which no node can have."""
    network = bridge.network
    return network[host] if host < network.num_addresses else network.broadcast_address


def _check_names(reader: Reader, nodes: list[Node]) -> None:
    """Each word that a person says means one machine."""
    names = Counter(node.name for node in nodes)
    for node in nodes:
        table = node.role.value
        if names[node.name] > 1:
            reader.complain(table, "name", f"the name {node.name!r} is given to {names[node.name]} nodes")
        if node.name in TAKEN_NAMES:
            reader.complain(table, "name", f"{node.name!r} means {TAKEN_NAMES[node.name]}")
        if NUMBER.fullmatch(node.name):
            reader.complain(table, "name", f"{node.name!r} is read as an address")
        if _is_role(node.name) and node.name not in role_words(node):
            reader.complain(table, "name", f"{node.name!r} means another node: roles are names, too")
        if not reader.rejected(table, "name") and len(node.fqdn) > NAME_LONGEST:
            reader.complain(
                table, "name", f"{shown(node.fqdn)} has more than {NAME_LONGEST} characters with its domain"
            )


def _is_role(name: str) -> bool:
    return bool(re.fullmatch(rf"({'|'.join(Role)})([1-9][0-9]?)?", name))


def _check_addresses(reader: Reader, nodes: list[Node], bridge: Bridge) -> None:
    addresses = Counter(node.address for node in nodes)
    own = (bridge.address, bridge.network.network_address, bridge.network.broadcast_address)
    for node in nodes:
        table = node.role.value
        if node.address not in bridge.network:
            reader.complain(
                table, "address", f"{node.address} lies outside the bridge's network {bridge.network}"
            )
        elif node.address in own:
            what = f"{node.address} is the bridge's or the network's own address"
            beyond = f"the {bridge.network} has no room for so many nodes of this role"
            key, text = ("address", what) if node.index == 1 else ("count", beyond)
            reader.complain(table, key, text)
        elif addresses[node.address] > 1:
            reader.complain(table, "address", f"{node.address} is given to {addresses[node.address]} nodes")


def public_address(reader: Reader, bridge: Bridge, *, found: bool = False) -> IPv4Address:
    """Where the dom0 is reached from outside; 0.0.0.0 if none is named and it is ``found`` later."""
    if found and not reader.raw["dom0"].get("address"):
        return NOT_YET
    address = reader.address("dom0", "address")
    if address in bridge.network and not reader.rejected("network", "address"):
        reader.complain("dom0", "address", f"{address} lies inside the bridge's network {bridge.network}")
    if wrong := unfit_host(address):
        reader.complain("dom0", "address", wrong)
    return address


def exposed(reader: Reader) -> tuple[str, ...]:
    """Interfaces and addresses of the dom0 at which the port table is open."""
    words = tuple(reader.value("dom0", "expose").split())
    for word in words:
        if not DOOR.fullmatch(word):
            reader.complain("dom0", "expose", f"{shown(word)} is neither an interface nor an IPv4 address")
    return words
