"""The machines of a box without their services, with servers that say who answered."""

import socket
import socketserver
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path

from harness.network import sysctl
from harness.network.nftables import render
from harness.site import Site
from harness.site.ports import load_ports
from tests import servers
from tests.integration.network.netns import Namespace, cable
from tests.unit.sites import SITE

BRIDGE, PUBLIC = SITE.bridge, SITE.public_address
OUTSIDE = IPv4Address("203.0.113.1")
RESOLVER = IPv4Address("203.0.113.53")
CE = IPv4Address("192.168.1.2")
SE = IPv4Address("192.168.1.4")
TABLE = "2222>192.168.1.2:22\n2119>192.168.1.2:2119\n2811>192.168.1.4:2811\n20000-20009>192.168.1.4\n"
_CATCH_ALL = 9
_SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h


class _Greeter(socketserver.BaseRequestHandler):
    """Says "<machine> <port asked for> <peer>", then echoes."""

    def handle(self) -> None:
        connection: socket.socket = self.request
        peer = self.client_address[0]
        connection.sendall(f"{self.server.machine} {_asked_port(connection)} {peer}\n".encode())  # type: ignore[attr-defined]
        while data := connection.recv(1024):
            connection.sendall(data)


class _UdpGreeter(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        _, sock = self.request
        text = f"{self.server.machine} {sock.getsockname()[1]} {self.client_address[0]}"  # type: ignore[attr-defined]
        sock.sendto(text.encode(), self.client_address)


def _asked_port(connection: socket.socket) -> int:
    """The port the client asked for, before the node's catch-all redirected it."""
    try:
        raw = connection.getsockopt(socket.SOL_IP, _SO_ORIGINAL_DST, 16)
    except OSError:
        return int(connection.getsockname()[1])
    return int(struct.unpack("!2xH12x", raw)[0])


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True


@contextmanager
def serving(machine: Namespace, port: int, *, address: object = "", udp: bool = False) -> Iterator[None]:
    """A greeter on a port of a machine."""

    def make() -> socketserver.BaseServer:
        place = (str(address), port)
        return _Udp(place, _UdpGreeter) if udp else _Tcp(place, _Greeter)

    server = machine.inside(make)
    server.machine = machine.name  # type: ignore[attr-defined]
    with servers.running(server):
        yield


@dataclass(frozen=True)
class Machines:
    """The rig."""

    site: Site
    outside: Namespace
    dom0: Namespace
    ce: Namespace
    se: Namespace

    def load(self, resolver: IPv4Address | None = RESOLVER) -> None:
        self.dom0.nft(render(self.site, uplink="uplink0", resolver=resolver))


@contextmanager
def machines(tmp_path: Path) -> Iterator[Machines]:
    """Four namespaces, cabled, with the ruleset loaded and a server behind every port of every node."""
    table = tmp_path / "ports.cfg"
    table.write_text(TABLE)
    site = replace(SITE, ports=load_ports(table, network=BRIDGE.network, bridge=BRIDGE.address))
    with ExitStack() as stack:
        rig = Machines(
            site, *(stack.enter_context(Namespace(name)) for name in ("outside", "dom0", "ce", "se"))
        )
        _wire(rig)
        rig.load()
        for node in (rig.ce, rig.se):
            stack.enter_context(serving(node, _CATCH_ALL))
        for port in (22, 111):
            stack.enter_context(serving(rig.dom0, port))
        stack.enter_context(serving(rig.outside, 8080, address=OUTSIDE))
        for udp in (False, True):
            stack.enter_context(serving(rig.outside, 53, address=RESOLVER, udp=udp))
        yield rig


def _wire(rig: Machines) -> None:
    for file, value in (*sysctl.required(), *sysctl.if_present()):
        rig.dom0.sysctl(file, value)
    cable(rig.dom0, "uplink0", rig.outside, "net0")
    rig.dom0.ip(f"address add {PUBLIC}/32 dev uplink0")
    rig.dom0.ip("route add 203.0.113.0/24 dev uplink0")
    for address in (OUTSIDE, RESOLVER):
        rig.outside.ip(f"address add {address}/24 dev net0")
    rig.dom0.ip(f"link add {BRIDGE.name} type bridge")
    rig.dom0.ip(f"address add {BRIDGE.interface} dev {BRIDGE.name}")
    rig.dom0.ip(f"link set {BRIDGE.name} up")
    for node, address in ((rig.ce, CE), (rig.se, SE)):
        _wire_node(rig.dom0, node, address)


def _wire_node(dom0: Namespace, node: Namespace, address: IPv4Address) -> None:
    port = f"veth-{node.name}"
    cable(dom0, port, node, "eth0")
    dom0.ip(f"link set {port} master {BRIDGE.name}")
    node.ip(f"address add {address}/24 dev eth0")
    node.ip(f"route add default via {BRIDGE.address}")
    node.nft(
        "table ip node {\n counter arrived { }\n"
        " chain everything { type nat hook prerouting priority dstnat;\n"
        '  iifname "eth0" meta l4proto tcp counter name arrived\n'
        f"  tcp dport 1-65535 redirect to :{_CATCH_ALL}\n }}\n}}\n"
    )
