"""Sites for tests of the network and of DNS: the default box with a port table of choice."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from harness.site import Bridge, DnsSettings, Node, Queue, Role, Site
from harness.site.ports import PortTable, load_ports

DOMAIN = "sytes.net"
PUBLIC = IPv4Address("203.0.113.10")
BRIDGE = Bridge("boxbr0", IPv4Interface("192.168.1.1/24"))
TABLE_FILE = Path(__file__).parents[3] / "gridbox-ports.cfg"

_NODES = (
    ("xencenode", Role.CE, 2),
    ("xenwnnode", Role.WN, 3),
    ("xensenode", Role.SE, 4),
    ("xenuinode", Role.UI, 5),
    ("xenrbnode", Role.RB, 6),
)


def make_site(ports: PortTable | None = None) -> Site:
    """The default site; ``ports`` instead of its own port table."""
    if ports is None:
        ports = load_ports(TABLE_FILE, network=BRIDGE.network, bridge=BRIDGE.address)
    return Site(
        path=TABLE_FILE.with_name("icebox.toml"),
        name="ICEAGE-GRIDBOX",
        domain=DOMAIN,
        bridge=BRIDGE,
        ports=ports,
        dom0_kind="embedded",
        public_address=PUBLIC,
        dns=DnsSettings("rfc2136"),
        vo="gilda",
        queues=(Queue("short", 15),),
        students=(),
        school_days=7,
        slots=2,
        nodes=tuple(
            Node(name, role, BRIDGE.network.network_address + host, DOMAIN) for name, role, host in _NODES
        ),
    )
