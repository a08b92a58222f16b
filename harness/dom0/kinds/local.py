"""The local dom0: this machine itself, in its own network, so that others on it reach the box.

Its processes are held as the embedded dom0's are, and share this machine's network.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import IPv4Address
from typing import ClassVar

from harness.dom0 import holder, hostcheck, hostnet, lan, preflight
from harness.dom0.held import HeldDom0
from harness.dom0.hostnet import HostNetwork
from harness.dom0.lan import CABLE, GATEWAY, Lan
from harness.dom0.shelf import Shelf
from harness.ledger import Ledger, Undo
from harness.network import sysctl
from harness.site import Site
from harness.site.addresses import NAME_SERVER, OUTSIDE, ROOM_SERVER

FAR_END = "wan0"
HOOK = """\
#!/bin/sh
# A node may call itself by its public name.  Where bridged frames pass the host's filter (br_netfilter), its
# packets go back to the port of the bridge that they came from.
[ "$2" = started ] || exit 0
for port in $(sed -n "s/.*<target dev=['\\"]\\([^'\\"]*\\)['\\"].*/\\1/p"); do
    ip link set dev "$port" type bridge_slave hairpin on
done
"""
"""libvirt calls it with the XML of each machine that starts (its "Hooks for specific system management")."""


class LocalDom0(HeldDom0):
    """A dom0 in this machine's network."""

    MARK: ClassVar[str] = "local"
    UNDO: ClassVar[Mapping[str, Undo]] = {**HeldDom0.HELD, **lan.UNDO, MARK: holder.undo}
    OPTIONS: ClassVar[frozenset[str]] = frozenset({"expose", "clock", "resolver"})
    far_end: ClassVar[str] = FAR_END

    @classmethod
    def finds_address(cls, *, exposed: bool) -> bool:  # noqa: ARG003
        return True

    @classmethod
    def check_host(cls, nodes: int, site: Site | None) -> None:
        preflight.check()
        if nodes and site is not None:
            hostcheck.check(cls.placed(site), site.room_server, aside=CABLE)

    @classmethod
    def placed(cls, site: Site) -> Site:
        return HostNetwork.placed(site)

    @classmethod
    def start(cls, box: str, ledger: Ledger, host: str = "", shelf: Shelf | None = None) -> LocalDom0:
        made = super().start(box, ledger, host, shelf)
        made.run(["mkdir", "-p", "/etc/libvirt/hooks"]).check()
        made.put("/etc/libvirt/hooks/lxc", HOOK.encode(), 0o755)
        return made

    def connect(self, inner: str, site: Site) -> None:  # noqa: ARG002
        bridge, network = site.bridge, self._lan
        network.open(site, site.room_server, aside=CABLE)
        settings = [f"echo {value} > {path}" for path, value in sysctl.of_bridge(bridge.name)]
        address = f"ip address add {bridge.interface} dev {bridge.name}"
        network.make(bridge.name, "02", "type bridge", *settings, address)
        address = f"ip address add {GATEWAY}/32 scope link dev {CABLE}"
        network.make(CABLE, "06", f"type veth peer name {FAR_END} netns {self.outside.pid}", address)
        network.route(CABLE, OUTSIDE, NAME_SERVER, ROOM_SERVER)
        self.outside.run(
            f"""set -e
            ip link set lo up
            ip address add {OUTSIDE}/32 dev {FAR_END}
            ip address add {NAME_SERVER}/32 dev {FAR_END}
            ip address add {ROOM_SERVER}/32 dev {FAR_END}
            ip link set {FAR_END} up
            ip route add {GATEWAY} dev {FAR_END} src {OUTSIDE}
            ip route add default via {GATEWAY} dev {FAR_END} src {OUTSIDE}
            """
        ).check()

    def disturbed(self, site: Site) -> str:
        return self._lan.disturbed(site, _addresses(site))

    def lay_again(self, site: Site) -> None:
        self._lan.again(site, _addresses(site), site.room_server, aside=CABLE)
        self._lan.route(CABLE, OUTSIDE, NAME_SERVER)

    def move(self, public: IPv4Address) -> None:
        self._lan.move(public)

    @property
    def name_servers(self) -> tuple[IPv4Address, ...]:
        return hostnet.name_servers()

    @property
    def own_ports(self) -> Collection[int]:
        return self.met_by_laptops("tcp")

    @property
    def _lan(self) -> Lan:
        return Lan(self.box, self.token.rpartition(".")[2])


KIND = LocalDom0


def _addresses(site: Site) -> Mapping[str, str]:
    """Of the interfaces that it makes here."""
    return {site.bridge.name: str(site.bridge.interface), CABLE: f"{GATEWAY}/32 scope link"}
