"""A name server of the class room: a real BIND at an address there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import PurePosixPath

from harness.dns.connection import Server
from harness.dns.provider import Record
from harness.dns.rfc2136 import Rfc2136Provider
from harness.dns.server import start
from harness.dns.tsig import TsigKey
from harness.dns.zone import NameService
from harness.dom0.namespace import Namespace
from harness.site import Site
from harness.sitefile import load
from tests.integration.dns.chroot import chroot_place
from tests.integration.local.classroom import ROUTER, ClassRoom
from tests.unit.dns.fake_service import Asked, FakeService

SERVER, ELSEWHERE = IPv4Address("10.8.0.53"), IPv4Address("192.0.2.80")
DIRECTORY = PurePosixPath("/run/room")


@contextmanager
def served(room: ClassRoom, site: Site, key: TsigKey) -> Iterator[Namespace]:
    """A machine of the room where one answers for the names of a site."""
    with chroot_place() as place:
        room.room.ip(f"link add lan53 type veth peer name eth0 netns {place.pid}")
        room.room.ip("link set lan53 up master switch0")
        place.run(f"ip address add {SERVER}/24 dev eth0 && ip link set eth0 up").check()
        start(NameService(site, SERVER, key, DIRECTORY), place)
        yield place


@contextmanager
def updated(room: ClassRoom, site: Site, place: Namespace, key: TsigKey) -> Iterator[FakeService]:
    """An update service at the router, by the protocol dyndns2, for the names of the room's name server."""
    provider = Rfc2136Provider(site.domain, Server(str(SERVER), "authority"), key, place.open_socket)

    def judge(asked: Asked) -> str:
        address = IPv4Address(asked.address)
        if asked.offline:
            provider.withdraw([Record(name, address) for name in asked.hosts])
        else:
            provider.update(asked.hosts, address)
        return "\n".join(f"good {address}" for _ in asked.hosts)

    service = FakeService(address=ROUTER, inside=room.room.inside)
    service.judge = judge
    with service.running():
        yield service


@contextmanager
def kept_by_the_room(room: ClassRoom, name: str) -> Iterator[None]:
    """While a name server of the room has a name of its own, at ELSEWHERE."""
    host, _, domain = name.partition(".")
    site = load(room.site)
    (node, *_) = site.nodes
    own = replace(site, domain=domain, nodes=(replace(node, name=host, domain=domain),))
    key = TsigKey.generate()
    with served(room, own, key) as place:
        authority = Server(str(SERVER), "authority")
        Rfc2136Provider(domain, authority, key, place.open_socket).update([name], ELSEWHERE)
        yield
