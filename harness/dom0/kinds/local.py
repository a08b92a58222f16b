"""The local dom0: this machine itself, in its own network, so that others on it reach the box.

Its processes are held as the embedded dom0's are.  In the host's network there are its bridge, the cable to
the outside and one nftables table, and the host's interfaces towards the students forward while it is up;
each of them is in the ledger before it is there, with what tells it from anybody else's.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import ClassVar

from harness.dom0 import hostcheck, preflight
from harness.dom0.held import HeldDom0, undo_holder
from harness.dom0.hostnet import HostNetwork
from harness.ledger import Entry, Ledger, Undo
from harness.network import beside, nftables, sysctl
from harness.network.beside import Surroundings
from harness.site import Site
from harness.site.addresses import NAME_SERVER, OUTSIDE

ASIDE, FAR_END = "icebox0", "wan0"
"""The cable to the outside: the host's end of it, and the other."""
GATEWAY = IPv4Address("203.0.113.2")
"""The host's address on that cable, which no packet bears that leaves the host."""
FORWARDING = "/proc/sys/net/ipv4/conf/{device}/forwarding"
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


def _undo_link(entry: Entry) -> None:
    """Remove an interface that still has the address it was made with."""
    done = subprocess.run(["ip", "-j", "link", "show", "dev", entry.key], capture_output=True, text=True)
    if done.returncode == 0 and json.loads(done.stdout)[0].get("address") == entry.details.get("address"):
        # It may go by itself meanwhile: the other end of the cable ends with its namespace.
        subprocess.run(["ip", "link", "delete", "dev", entry.key], capture_output=True)


def _undo_table(entry: Entry) -> None:
    subprocess.run(["nft", "-f", "-"], input=nftables.removal(entry.key), text=True, check=True)


def _undo_forwarding(entry: Entry) -> None:
    # The interface itself may be gone.
    with contextlib.suppress(FileNotFoundError):
        Path(FORWARDING.format(device=entry.key)).write_text("0\n")


class LocalDom0(HeldDom0):
    """A dom0 in this machine's network."""

    MARK: ClassVar[str] = "local"
    UNDO: ClassVar[Mapping[str, Undo]] = {
        **HeldDom0.HELD,
        "link": _undo_link,
        "table": _undo_table,
        "forwarding": _undo_forwarding,
        MARK: undo_holder,
    }
    OPTIONS: ClassVar[frozenset[str]] = frozenset({"expose"})
    FINDS_ADDRESS: ClassVar[bool] = True
    far_end: ClassVar[str] = FAR_END

    @classmethod
    def check_host(cls, nodes: int, site: Site | None) -> None:
        preflight.check(nodes)
        if nodes and site is not None:
            hostcheck.check(cls.placed(site), ASIDE, str(GATEWAY))

    @classmethod
    def placed(cls, site: Site) -> Site:
        if not site.follows:
            return site
        network = HostNetwork.read()
        return site.at(network.address_of(network.doors(site.expose)[0]))

    @classmethod
    def start(cls, box: str, ledger: Ledger) -> LocalDom0:
        made = super().start(box, ledger)
        made.run(["mkdir", "-p", "/etc/libvirt/hooks"]).check()
        made.put("/etc/libvirt/hooks/lxc", HOOK.encode(), 0o755)
        return made

    def connect(self, inner: str, site: Site) -> None:
        doors = HostNetwork.read().doors(site.expose)
        devices = {door.device for door in doors}
        closed = [
            device for device in sorted(devices) if self.run(["cat", _forwarding(device)]).stdout != "1\n"
        ]
        ledger = Ledger(self.box)
        ledger.intend("table", self._table)
        rules = beside.render(site, Surroundings(doors, ASIDE, closed), self._table)
        self.run(["nft", "-f", "-"], stdin=rules).check()
        self._make_bridge(ledger, site)
        self._make_cable(ledger, inner)
        for device in closed:
            ledger.intend("forwarding", device)
            self.run(f"echo 1 > {_forwarding(device)}").check()

    def _make_bridge(self, ledger: Ledger, site: Site) -> None:
        name, address = site.bridge.name, self._link_address("02")
        ledger.intend("link", name, address=address)
        settings = "; ".join(f"echo {value} > {path}" for path, value in sysctl.of_bridge(name))
        self.run(
            f"""set -e
            ip link add name {name} address {address} type bridge
            {_closed_to_ipv6(name)}
            {settings}
            echo 1 > {_forwarding(name)}
            ip address add {site.bridge.interface} dev {name}
            ip link set dev {name} up
            """
        ).check()

    def _make_cable(self, ledger: Ledger, inner: str) -> None:
        address = self._link_address("06")
        ledger.intend("link", ASIDE, address=address)
        self.run(
            f"""set -e
            ip link add name {ASIDE} address {address} type veth peer name {FAR_END} netns {inner}
            {_closed_to_ipv6(ASIDE)}
            echo 1 > {_forwarding(ASIDE)}
            ip address add {GATEWAY}/32 dev {ASIDE} scope link
            ip link set dev {ASIDE} up
            ip route add {OUTSIDE} dev {ASIDE}
            ip route add {NAME_SERVER} dev {ASIDE}
            """
        ).check()
        self.outside.run(
            f"""set -e
            ip link set lo up
            ip address add {OUTSIDE}/32 dev {FAR_END}
            ip address add {NAME_SERVER}/32 dev {FAR_END}
            ip link set {FAR_END} up
            ip route add {GATEWAY} dev {FAR_END} src {OUTSIDE}
            ip route add default via {GATEWAY} dev {FAR_END} src {OUTSIDE}
            """
        ).check()

    def move(self, public: IPv4Address) -> None:
        self.run(["nft", "-f", "-"], stdin=beside.moved(self._table, public)).check()

    @property
    def _secret(self) -> str:
        """What nobody else's interfaces and tables have in them."""
        return self.token.rpartition(".")[2]

    @property
    def _table(self) -> str:
        return f"icebox_{self.box}_{self._secret[:8]}"

    def _link_address(self, first: str) -> str:
        """A MAC address of one's own making (IEEE 802, locally administered)."""
        return ":".join([first, *(self._secret[at : at + 2] for at in range(0, 10, 2))])


KIND = LocalDom0


def _forwarding(device: str) -> str:
    return FORWARDING.format(device=device)


def _closed_to_ipv6(device: str) -> str:
    """A shell line: the filter is one of IPv4, and a way by IPv6 would be past it."""
    path = f"/proc/sys/net/ipv6/conf/{device}/disable_ipv6"
    return f"[ ! -e {path} ] || echo 1 > {path}"
