"""This machine's own network, as ip(8) tells it: interfaces, addresses and routes of IPv4."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any

from harness.errors import HostError
from harness.network.beside import Entrance
from harness.site import Site

RESOLVERS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
"""Which name servers are asked: by systemd-resolved where that runs, or by every program itself."""
NO_HOSTS = {"local", "broadcast", "multicast"}
"""Types of routes that lead to no other machine (ip-route(8))."""


@dataclass(frozen=True)
class Route:
    network: IPv4Network
    device: str


@dataclass(frozen=True)
class HostNetwork:
    """Addresses of each interface, in their order, and routes; ``macs`` has every interface."""

    macs: Mapping[str, str]
    addresses: Mapping[str, Sequence[IPv4Interface]]
    routes: Sequence[Route]

    @classmethod
    def read(cls) -> HostNetwork:
        links, addresses = _told("link"), _told("-4", "address")
        return cls(
            {link["ifname"]: link.get("address", "") for link in links},
            {each["ifname"]: tuple(_global(each)) for each in addresses if "ifname" in each},
            tuple(_routes(_told("-4", "route", "show", "table", "all"))),
        )

    @classmethod
    def placed(cls, site: Site) -> Site:
        """A site at the address that this machine has now, if the site follows it; raises HostError."""
        if not site.follows:
            return site
        network = cls.read()
        return site.at(network.address_of(network.entrances(site.expose)[0]))

    @staticmethod
    def standing() -> Mapping[str, Collection[str]]:
        """Addresses of each interface that is up, with those that no packet bears which leaves the host."""
        return {
            link["ifname"]: [f"{each['local']}/{each['prefixlen']}" for each in link.get("addr_info", ())]
            for link in _told("-4", "address", "show", "up")
            if "ifname" in link
        }

    def without(self, names: Collection[str]) -> HostNetwork:
        """The same as if there were no interfaces of these names."""
        return HostNetwork(
            {name: mac for name, mac in self.macs.items() if name not in names},
            {name: each for name, each in self.addresses.items() if name not in names},
            [route for route in self.routes if route.device not in names],
        )

    def default_devices(self) -> list[str]:
        """Interfaces with a default route."""
        return sorted({route.device for route in self.routes if route.network.prefixlen == 0})

    def entrances(self, words: Sequence[str]) -> list[Entrance]:
        """Where the port table is opened: at the interfaces and addresses named, or at the one way out.

        Raises HostError where that is none, or more than one.
        """
        return [self._entrance(word) for word in words] if words else [Entrance(self._way_out())]

    def _way_out(self) -> str:
        devices = self.default_devices()
        if len(devices) == 1:
            return devices[0]
        if devices:
            raise HostError(
                f"this machine has {len(devices)} default routes",
                where=", ".join(devices),
                why="the box would not know which network its students are in",
                remedy=f'name the interface, or several: expose = "{devices[0]}" in [dom0] of the site file',
            )
        raise HostError(
            "this machine has no way out by IPv4",
            where="ip -4 route",
            why=f"there is no default route; {self._named()}",
            remedy="connect it, or name the interface of the students' network in [dom0] of the site file: "
            'expose = "eth0"',
        )

    def _named(self) -> str:
        named = [f"{name} has {listed}" for name, listed in self._listed() if name != "lo"]
        return "; ".join(named) or "no interface has an IPv4 address"

    def _listed(self) -> Iterator[tuple[str, str]]:
        for name, addresses in self.addresses.items():
            if addresses:
                yield name, " and ".join(str(each.ip) for each in addresses)

    def _entrance(self, word: str) -> Entrance:
        if word in self.macs:
            return Entrance(word)
        for name, addresses in self.addresses.items():
            if any(str(each.ip) == word for each in addresses):
                return Entrance(name, IPv4Address(word))
        raise HostError(
            f"this machine has no interface and no address {word}",
            where="expose in [dom0] of the site file",
            why=self._named(),
            remedy=f"name one of: {', '.join(name for name in self.macs if name != 'lo')}",
        )

    def address_of(self, entrance: Entrance) -> IPv4Address:
        """Where students reach it; raises HostError if it has no IPv4 address now."""
        return self.interface_of(entrance).ip

    def addresses_of(self, entrances: Iterable[Entrance]) -> list[IPv4Address]:
        """Where others meet the entrances: all addresses of an interface that is opened as a whole."""
        return [
            each.ip
            for entrance in entrances
            for each in self.addresses.get(entrance.device, ())
            if entrance.address in (None, each.ip)
        ]

    def interface_of(self, entrance: Entrance) -> IPv4Interface:
        """The same with its network."""
        own = [
            each for each in self.addresses.get(entrance.device, ()) if entrance.address in (None, each.ip)
        ]
        if not own:
            raise HostError(
                f"{entrance.device} has no IPv4 address",
                where=f"ip -4 address show dev {entrance.device}",
                why=_only_ipv6(entrance.device),
                remedy="give it one, by DHCP or by hand, or name another interface with expose in [dom0]",
            )
        return own[0]

    def overlapping(self, network: IPv4Network) -> str:
        """In words, what this machine has of a network already; empty if nothing."""
        for name, addresses in self.addresses.items():
            for each in addresses:
                if each.network.overlaps(network):
                    return f"{name} has the address {each}"
        for route in self.routes:
            if route.network.prefixlen and route.network.overlaps(network):
                return f"{route.network} is reached by {route.device}"
        return ""

    def free_network(self, like: IPv4Network) -> IPv4Network:
        """A private network of the same size that this machine has nothing of."""
        for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"):
            whole = IPv4Network(block)
            if whole.prefixlen <= like.prefixlen:
                for index, found in enumerate(whole.subnets(new_prefix=like.prefixlen)):
                    # Not the first ones: they are what others think of first, too.
                    if index % 7 == 6 and not self.overlapping(found):
                        return found
        return like


def name_servers(files: Sequence[Path] = RESOLVERS) -> tuple[IPv4Address, ...]:
    """Those that this machine asks, by IPv4, but what listens for itself alone."""
    for file in files:
        if file.exists():
            named = re.findall(r"^nameserver\s+([0-9.]+)\s*$", file.read_text(errors="replace"), re.MULTILINE)
            return tuple(each for each in map(IPv4Address, named) if not each.is_loopback)
    return ()


def _told(*words: str) -> list[dict[str, Any]]:
    done = subprocess.run(["ip", "-j", *words], capture_output=True, text=True, check=True)
    told: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return [each for each in told if each]


def _global(told: Mapping[str, Any]) -> Iterator[IPv4Interface]:
    for each in told.get("addr_info", ()):
        if each.get("scope") == "global":
            yield IPv4Interface(f"{each['local']}/{each['prefixlen']}")


def _routes(told: Iterable[Mapping[str, Any]]) -> Iterator[Route]:
    for each in told:
        if each.get("type", "unicast") in NO_HOSTS:
            continue
        text = "0.0.0.0/0" if each["dst"] == "default" else each["dst"]
        for hop in each.get("nexthops", [each]):
            yield Route(IPv4Network(text, strict=False), hop.get("dev", "nowhere"))


def _only_ipv6(device: str) -> str:
    told = _told("-6", "address", "show", "dev", device, "scope", "global")
    addresses = [each["local"] for entry in told for each in entry.get("addr_info", ())]
    if addresses:
        return f"it has IPv6 alone ({addresses[0]}), and the grid's services of the time know IPv4 alone"
    return "it is not connected, or nobody has given it one"
