"""The embedded dom0: namespaces of this machine that nothing outside them can notice.

Its holder has a network of its own as well, so interfaces and packet filter end with it, too.  Where the site
file exposes it, a cable leads to it from this machine's network, where one table of rules sends it the box's
ports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface
from typing import ClassVar

from harness.dom0 import holder, hostcheck, lan, preflight
from harness.dom0 import uplink as cable
from harness.dom0.held import HeldDom0
from harness.dom0.hostnet import HostNetwork
from harness.dom0.lan import CABLE, GATEWAY, Lan
from harness.ledger import Undo
from harness.site import Bridge, Node, Site

LAN = "lan0"
"""Its end of the cable to this machine's network."""
OWN = GATEWAY + 1
"""Its address there."""


@dataclass(frozen=True)
class EmbeddedDom0(HeldDom0):
    """A dom0 with a network of its own."""

    MARK: ClassVar[str] = "holder"
    UNDO: ClassVar[Mapping[str, Undo]] = {**HeldDom0.HELD, **lan.UNDO, MARK: holder.undo}
    APART: ClassVar[Sequence[str]] = ("--net",)
    ALONE: ClassVar[bool] = True
    SPARES: ClassVar[bool] = True
    OPTIONS: ClassVar[frozenset[str]] = frozenset({"expose", "clock", "resolver"})
    far_end: ClassVar[str] = cable.FAR_END

    @classmethod
    def finds_address(cls, *, exposed: bool) -> bool:
        return exposed

    @classmethod
    def check_host(cls, nodes: int, site: Site | None) -> None:
        preflight.check()
        if nodes and site is not None and site.expose:
            hostcheck.check(cls.placed(site), _names(site), seen=_from_this_machine(site))

    @classmethod
    def placed(cls, site: Site) -> Site:
        return HostNetwork.placed(site)

    def connect(self, inner: str, site: Site) -> None:
        cable.lay(self, self.outside, inner, site, LAN if site.expose else "")
        if site.expose:
            seen, network = _from_this_machine(site), self._lan
            network.open(seen, _names(site))
            address = f"ip address add {seen.bridge.interface} dev {CABLE}"
            network.make(CABLE, "06", f"type veth peer name {LAN} netns {self.pid}", address)
            self.run(
                f"""set -e
                ip address add {OWN}/{seen.bridge.network.prefixlen} dev {LAN}
                ip link set {LAN} up
                ip route add default via {GATEWAY} dev {LAN}
                """
            ).check()

    @classmethod
    def rules(cls, site: Site) -> str:
        return cable.rules(site, LAN if site.expose else "")

    def disturbed(self, site: Site) -> str:
        seen = _from_this_machine(site)
        return self._lan.disturbed(seen, _addresses(seen)) if site.expose else ""

    def lay_again(self, site: Site) -> None:
        seen = _from_this_machine(site)
        if site.expose:
            self._lan.again(seen, _addresses(seen), _names(site))

    def move(self, public: IPv4Address) -> None:
        exposed = self.run(["ip", "link", "show", "dev", LAN]).ok
        cable.move(self, self.outside, public, LAN if exposed else "")

    @property
    def _lan(self) -> Lan:
        return Lan(self.box, self.token.rpartition(".")[2])


KIND = EmbeddedDom0


def _names(site: Site) -> IPv4Address | None:
    """Where this machine's rules send laptops that ask for names: the dom0 leads them on."""
    return OWN if site.serves_names else None


def _addresses(seen: Site) -> Mapping[str, str]:
    """Of the cable's end in this machine's network."""
    return {CABLE: str(seen.bridge.interface)}


def _from_this_machine(site: Site) -> Site:
    """The site as this machine's rules have it: all ports lead to one machine at the other end of a cable."""
    rows = tuple(replace(row, address=OWN, target=row.first) for row in site.ports)
    return replace(
        site,
        bridge=Bridge(CABLE, IPv4Interface(f"{GATEWAY}/31")),
        nodes=(Node("dom0", site.ce.role, OWN, site.domain),),
        ports=replace(site.ports, rows=rows),
    )
