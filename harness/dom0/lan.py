"""What a box makes in this machine's own network, so that others reach it; each thing is in the ledger first.

Interfaces bear an address of the box's own making, and the table its name: what is removed later is never
anybody else's.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from harness import process, state, tool
from harness.dom0.hostnet import HostNetwork
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger, Undo
from harness.network import beside, nftables
from harness.network.beside import Attachment
from harness.site import Site

CABLE = "icebox0"
"""The host's end of a cable to what stands beside it: the outside, or a dom0 with a network of its own."""
PORTS = "vnet"
"""How libvirt calls a node's end at the bridge."""
GATEWAY = IPv4Address("203.0.113.2")
"""The host's address on that cable, which no packet bears that leaves the host."""
FORWARDING = "/proc/sys/net/ipv4/conf/{device}/forwarding"
LINK, TABLE, FORWARDS = "link", "table", "forwarding"
"""In the ledger: an interface, with the ``address`` of its making; a table of rules; an interface of this
machine's that forwarded nothing before."""


def _undo_link(entry: Entry) -> None:
    done = subprocess.run(["ip", "-j", "link", "show", "dev", entry.key], capture_output=True, text=True)
    if done.returncode == 0 and json.loads(done.stdout)[0].get("address") == entry.details.get("address"):
        _unplug_nodes(entry.key)
        # It may go by itself meanwhile: a cable ends with the namespace at its other end.
        subprocess.run(["ip", "link", "delete", "dev", entry.key], capture_output=True)


def _unplug_nodes(bridge: str) -> None:
    """Take away cables to nodes.

    Connections that a node had when its power went keep its network, and so the cable, for minutes.
    """
    words = ["ip", "-j", "link", "show", "master", bridge, "type", "veth"]
    shown = subprocess.run(words, capture_output=True, text=True)
    for port in json.loads(shown.stdout or "[]") if shown.returncode == 0 else ():
        if port.get("ifname", "").startswith(PORTS):
            subprocess.run(["ip", "link", "delete", "dev", port["ifname"]], capture_output=True)


def _undo_table(entry: Entry) -> None:
    subprocess.run(["nft", "-f", "-"], input=nftables.removal(entry.key), text=True, check=True)


def _undo_forwarding(entry: Entry) -> None:
    # After a reboot it is as the machine's own configuration has it; and the interface itself may be gone.
    if entry.details.get("boot") == process.boot():
        with contextlib.suppress(FileNotFoundError):
            Path(forwarding(entry.key)).write_text("0\n")


def of_machine() -> Ledger:
    """The journal of a network that stands by itself, for machines that no icebox starts."""
    return Ledger("gridbox", state.home() / "network")


UNDO: Mapping[str, Undo] = {LINK: _undo_link, TABLE: _undo_table, FORWARDS: _undo_forwarding}


@dataclass(frozen=True)
class Lan:
    """This machine's network, for one box; ``secret`` has sixteen hexadecimal digits."""

    box: str
    secret: str
    journal: Ledger | None = None
    """Where it is written down, if not in the box's own ledger."""
    resolver: IPv4Address | None = None
    """Who is asked what nodes ask the bridge for, where nothing stands beside the machine that answers."""

    @property
    def table(self) -> str:
        return f"icebox_{self.box}_{self.secret[:8]}"

    @property
    def _ledger(self) -> Ledger:
        return self.journal or Ledger(self.box)

    def open(self, site: Site, names: IPv4Address | None, *, aside: str = "") -> None:
        """Load the rules, and have the interfaces that the site exposes forward.

        ``names`` is who answers laptops that ask for the box's names.
        """
        entrances = HostNetwork.read().entrances(site.expose)
        devices = sorted({entrance.device for entrance in entrances})
        closed = [name for name in devices if Path(forwarding(name)).read_text() != "1\n"]
        self._ledger.intend(TABLE, self.table)
        attachment = Attachment(entrances, aside, closed, names, self.resolver)
        at_host(["nft", "-f", "-"], beside.render(site, attachment, self.table))
        for device in closed:
            self._ledger.intend(FORWARDS, device, boot=process.boot())
            Path(forwarding(device)).write_text("1\n")

    def make(self, name: str, first: str, kind: str, *lines: str) -> None:
        """Make an interface, closed to IPv6 and forwarding, up; ``first`` byte of an address of its own.

        ``kind`` are the words of ip-link(8) that say what it is; ``lines`` of shell come before it is up.
        """
        # Locally administered (IEEE 802).
        address = ":".join([first, *(self.secret[at : at + 2] for at in range(0, 10, 2))])
        self._ledger.intend(LINK, name, address=address)
        ipv6 = f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6"
        script = [
            "set -e",
            f"ip link add name {name} address {address} {kind}",
            # The filter is one of IPv4, and a way by IPv6 would be past it.
            f"[ ! -e {ipv6} ] || echo 1 > {ipv6}",
            f"echo 1 > {forwarding(name)}",
            *lines,
            f"ip link set dev {name} up",
        ]
        at_host(["sh", "-c", "\n".join(script)])

    def route(self, name: str, *addresses: IPv4Address) -> None:
        """Have addresses reached by an interface of the box's."""
        for address in addresses:
            at_host(["ip", "route", "replace", str(address), "dev", name])

    def disturbed(self, site: Site, addresses: Mapping[str, str]) -> str:
        """What others have undone of it, in words.

        ``addresses`` are those that its interfaces were given, each as the words of ip-address(8).
        """
        if gone := self.gone():
            return f"has lost the interface {gone}"
        standing = HostNetwork.standing()
        for device, words in addresses.items():
            if (address := words.split()[0]) not in standing.get(device, ()):
                return f"has lost the address {address} of {device}"
        for device in self._forwarding(site):
            if Path(forwarding(device)).read_text() != "1\n":
                return f"is cut off: {device} no longer forwards"
        return "" if self._has_rules() else f"has lost its rules: the table {self.table} of nftables"

    def again(
        self, site: Site, addresses: Mapping[str, str], names: IPv4Address | None, *, aside: str = ""
    ) -> None:
        """Lay anew what others have undone of it."""
        if gone := self.gone():
            raise HarnessError(
                f"the interface {gone} of the box is gone, and with it the nodes' cables",
                where=f"box {self.box}",
                remedy=f"./icebox stop --box {self.box}, then ./icebox start --box {self.box}",
            )
        for device, words in addresses.items():
            at_host(["ip", "link", "set", "dev", device, "up"])
            if words.split()[0] not in HostNetwork.standing().get(device, ()):
                at_host(["ip", "address", "add", *words.split(), "dev", device])
        for device in self._forwarding(site):
            Path(forwarding(device)).write_text("1\n")
        opened = [entry.key for entry in self._ledger.of_kind(FORWARDS)]
        entrances = HostNetwork.read().entrances(site.expose)
        attachment = Attachment(entrances, aside, opened, names, self.resolver)
        at_host(["nft", "-f", "-"], beside.render(site, attachment, self.table))

    def gone(self) -> str:
        """The first of its interfaces that is no longer there."""
        made = {entry.key: entry.details.get("address") for entry in self._ledger.of_kind(LINK)}
        macs = HostNetwork.read().macs
        return next((name for name, address in made.items() if macs.get(name) != address), "")

    def _forwarding(self, site: Site) -> list[str]:
        """Interfaces that have to forward; those that the site exposes may be without a way out just now."""
        with contextlib.suppress(HostError):
            entrances = {entrance.device for entrance in HostNetwork.read().entrances(site.expose)}
            return [*(entry.key for entry in self._ledger.of_kind(LINK)), *sorted(entrances)]
        return []

    def _has_rules(self) -> bool:
        """Whether its table is there, and each chain that the kernel calls has rules."""
        listed = subprocess.run(["nft", "-j", "list", "table", "ip", self.table], capture_output=True)
        if listed.returncode:
            return False
        found = json.loads(listed.stdout)["nftables"]
        called = {each["chain"]["name"] for each in found if "hook" in each.get("chain", ())}
        return bool(called) and called <= {each["rule"]["chain"] for each in found if "rule" in each}

    def move(self, public: IPv4Address) -> None:
        at_host(["nft", "-f", "-"], beside.moved(self.table, public))


def forwarding(device: str) -> str:
    """The kernel's setting that says whether an interface forwards."""
    return FORWARDING.format(device=device)


def at_host(words: Sequence[str], stdin: str = "") -> None:
    """Run a command in this machine's own network; raises HarnessError."""
    what = "this machine's network can't be laid for the box"
    tool.said(words, HarnessError(what, where=" ".join(words[:3])), typed=stdin)
