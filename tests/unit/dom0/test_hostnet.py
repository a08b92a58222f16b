"""What is read of this machine's network, and what can't be the place of a box."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import pytest

from harness.dom0.hostnet import HostNetwork, Route, name_servers
from harness.dom0.listeners import Listener
from harness.errors import HostError
from harness.network.beside import Entrance

HOME = IPv4Interface("192.168.178.20/24")
BOX = IPv4Network("192.168.1.0/24")


def network(*defaults: str, **more: object) -> HostNetwork:
    addresses = {"lo": (), "eth0": (HOME,), "wlan0": (), "docker0": (IPv4Interface("172.17.0.1/16"),)}
    routes = [Route(IPv4Network("0.0.0.0/0"), device) for device in defaults]
    macs = dict.fromkeys(addresses, "02:00:00:00:00:01")
    return HostNetwork(**{"macs": macs, "addresses": addresses, "routes": routes, **more})  # type: ignore[arg-type]


def test_the_one_way_out_is_found() -> None:
    made = network("eth0")
    assert made.entrances(()) == [Entrance("eth0")]
    assert made.address_of(Entrance("eth0")) == HOME.ip


@pytest.mark.parametrize(
    ("defaults", "words", "said"),
    [
        ((), (), "no way out by IPv4"),
        (("eth0", "wlan0"), (), "2 default routes"),
        (("eth0",), ("eth7",), "no interface and no address eth7"),
        (("eth0",), ("192.168.178.21",), "no interface and no address 192.168.178.21"),
    ],
)
def test_what_is_no_place_for_students(defaults: tuple[str, ...], words: tuple[str, ...], said: str) -> None:
    with pytest.raises(HostError, match=said) as refused:
        network(*defaults).entrances(words)
    assert "192.168.178.20" in refused.value.why or "eth0" in refused.value.where


def test_interfaces_and_addresses_are_named() -> None:
    made = network("eth0", "wlan0").entrances(("wlan0", "192.168.178.20"))
    assert made == [Entrance("wlan0"), Entrance("eth0", HOME.ip)]


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        ([], ""),
        ([Route(IPv4Network("0.0.0.0/0"), "eth0")], ""),
        ([Route(IPv4Network("192.168.0.0/16"), "tun0")], "192.168.0.0/16 is reached by tun0"),
        ([Route(IPv4Network("192.168.1.7/32"), "wg0")], "192.168.1.7/32 is reached by wg0"),
    ],
)
def test_a_network_that_is_routed_elsewhere(routes: list[Route], found: str) -> None:
    assert network(routes=routes).overlapping(BOX) == found


def test_name_servers_are_those_of_the_first_file_that_others_reach(tmp_path: Path) -> None:
    stub, real, missing = tmp_path / "stub", tmp_path / "real", tmp_path / "missing"
    stub.write_text("nameserver 127.0.0.53\n")
    named = ("# nameserver 192.0.2.9", "nameserver 192.0.2.1", "nameserver ::1", "nameserver 192.0.2.2")
    real.write_text("\n".join(named))
    assert name_servers([missing, real, stub]) == (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
    assert name_servers([stub, real]) == name_servers([missing]) == ()


def test_a_free_network_is_free_and_as_large() -> None:
    made = network(routes=[Route(IPv4Network("10.0.0.0/9"), "tun0")])
    free = made.free_network(BOX)
    assert (made.overlapping(free), free.prefixlen, free.is_private) == ("", 24, True)


@pytest.mark.parametrize(
    ("own", "at", "met"),
    [
        ("0.0.0.0", None, True),
        ("0.0.0.0", "10.0.0.1", True),
        ("127.0.0.1", None, False),
        ("10.0.0.2", "10.0.0.1", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.2", None, True),
    ],
)
def test_who_is_met_at_an_address(own: str, at: str | None, met: bool) -> None:
    assert Listener(22, IPv4Address(own), "1", "tcp").is_met_at(IPv4Address(at) if at else None) is met
