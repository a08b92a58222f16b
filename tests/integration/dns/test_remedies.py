"""What updates of names say to do is done, at the real BIND of the image: then they are taken."""

import socket
import socketserver
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import dns.message
import pytest

from harness.deadline import wait_for
from harness.dns.connection import Server
from harness.dns.provider import Record
from harness.dns.rfc2136 import Rfc2136Provider
from harness.dns.server import start
from harness.dns.tsig import TsigKey
from harness.dns.zone import NameService
from harness.dom0.namespace import Namespace
from tests import servers
from tests.drill.tried import Told, failing
from tests.integration.dns.chroot import chroot_place
from tests.integration.dns.test_named import (
    ADDRESS,
    AUTHORITY,
    DOMAIN,
    ELSEWHERE,
    KEY,
    NAMES,
    PUBLIC,
    SERVICE,
    SITE,
)

HOLD = f"""
import socket, time
server = socket.create_server(("{ADDRESS}", 53))
time.sleep(600)
"""
"""Another program at the name service's port."""


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with chroot_place(ADDRESS) as made:
        yield made


@pytest.fixture
def provider(place: Namespace) -> Rfc2136Provider:
    """Of a box that has published its names; the name service is sound."""
    restart(place)
    made = Rfc2136Provider(DOMAIN, AUTHORITY, KEY, place.open_socket)
    made.update(NAMES, PUBLIC)
    return made


def restart(place: Namespace, change: Callable[[str], str] = lambda text: text) -> None:
    """The name service, with its settings changed."""
    stop(place)

    class Changed(NameService):
        def files(self):  # type: ignore[no-untyped-def]
            for path, text in super().files():
                yield path, change(text) if path == self.configuration else text

    start(Changed(SITE, ADDRESS, KEY), place)


def stop(place: Namespace) -> None:
    place.run("pkill -x named")
    free(place)


def free(place: Namespace) -> None:
    """Wait until nothing listens at port 53 any more."""
    wait_for("port 53 to be free", lambda: not place.run(["ss", "-Htuln", "sport = :53"]).check().stdout, 30)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda text: text.replace(KEY.name, "another"),
            id="no such key",
            marks=pytest.mark.tries("see that the server has a key of this name"),
        ),
        pytest.param(
            lambda text: text.replace(KEY.secret, TsigKey.generate().secret),
            id="another secret",
            marks=pytest.mark.tries("see that the server has the same secret and algorithm under this name"),
        ),
        pytest.param(
            lambda text: text.replace(f"grant {KEY.name} name", f"deny {KEY.name} name"),
            id="no grant",
            marks=pytest.mark.tries("let the server's update-policy grant the key these names"),
        ),
        pytest.param(
            lambda text: text.replace(f'zone "{DOMAIN}"', 'zone "example.org"'),
            id="no such zone",
            marks=pytest.mark.tries("see that the server is the primary of the zone and knows the key"),
        ),
    ],
)
def test_settings_of_the_server(
    place: Namespace, provider: Rfc2136Provider, told: Told, change: Callable[[str], str]
) -> None:
    """They are wrong, and then as the remedy has them."""
    restart(place, change)
    failing(told, lambda: provider.update(NAMES, ELSEWHERE))
    restart(place)
    assert len(provider.update(NAMES, ELSEWHERE)) == len(NAMES)


@pytest.mark.tries("set the clock: dom0 and server must agree within 5 minutes")
def test_a_clock(provider: Rfc2136Provider, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    now = time.time
    with monkeypatch.context() as wrong:
        wrong.setattr(time, "time", lambda: now() + 1000)
        failing(told, lambda: provider.update(NAMES, ELSEWHERE))
    assert len(provider.update(NAMES, ELSEWHERE)) == len(NAMES)


@pytest.mark.tries("name the zone that has the site's domain, with `zone`")
def test_a_zone_that_lacks_the_names(provider: Rfc2136Provider, told: Told) -> None:
    failing(told, lambda: replace(provider, zone="example.org").update(NAMES, ELSEWHERE))
    assert len(replace(provider, zone=DOMAIN).update(NAMES, ELSEWHERE)) == len(NAMES)


@pytest.mark.tries("see that every name lies in the zone")
def test_a_record_outside_of_the_zone(provider: Rfc2136Provider, told: Told) -> None:
    inside = Record(NAMES[0], PUBLIC)
    failing(told, lambda: provider.withdraw([inside, Record("www.example.org", PUBLIC)]))
    assert provider.withdraw([inside]) == ()


class Between(socketserver.StreamRequestHandler):
    """Knows no name, and answers an update (RFC 2136, opcode 5) with a bare yes."""

    def handle(self) -> None:
        while length := self.rfile.read(2):
            asked = self.rfile.read(int.from_bytes(length, "big"))
            reply = asked[:2] + b"\xa8" + bytes(9)
            if asked[2] >> 3 & 15 != 5:
                reply = dns.message.make_response(dns.message.from_wire(asked)).to_wire()
            self.wfile.write(len(reply).to_bytes(2, "big") + reply)


def directly(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), 5)


@pytest.mark.tries("see that the server has the same key, and that nothing stands between")
def test_somebody_in_between(provider: Rfc2136Provider, told: Told) -> None:
    """Who says yes to everything, and has no key to sign it with."""
    between = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Between)
    there = Server("127.0.0.1", "authority", between.server_address[1])
    astray = replace(provider, authority=there, connect=directly)
    with servers.running(between):
        failing(told, lambda: astray.update(NAMES, ELSEWHERE))
    assert len(provider.update(NAMES, ELSEWHERE)) == len(NAMES)


@pytest.mark.tries("see that its address is on an interface there and port 53 is free")
@pytest.mark.parametrize("fault", ["no address", "port taken"])
def test_the_place_of_the_name_service(told: Told, fault: str) -> None:
    with chroot_place(*([ADDRESS] if fault == "port taken" else [])) as bare:
        if fault == "port taken":
            bare.put("/root/hold.py", HOLD.encode())
            bare.run("python3 /root/hold.py >/dev/null 2>&1 & echo $! > /root/holder").check()
            wait_for("port 53 to be taken", lambda: ":53" in bare.run("ss -Htln").stdout, 30)
        failing(told, lambda: start(SERVICE, bare))
        bare.run("pkill -x named")
        if fault == "port taken":
            bare.run("kill $(cat /root/holder)").check()
            free(bare)
        else:
            bare.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"]).check()
        start(SERVICE, bare)
