"""The rules that this machine has already: whether they would stop a box, and which one does.

They are loaded into a copy of this machine's network, in a namespace, and the kernel judges there; nothing
of the machine itself is touched.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface
from pathlib import Path

from harness.console import Console
from harness.dom0 import trial
from harness.dom0.hostnet import HostNetwork
from harness.dom0.lan import GATEWAY
from harness.errors import HostError
from harness.network import beside
from harness.network.beside import Attachment
from harness.site import Site
from harness.site.addresses import NAME_SERVER, OUTSIDE

TRYING = 300.0
"""Seconds for all of it; it takes 0.3 on an idle machine, and minutes on one that is emulated and busy."""
FAMILIES = ("ip", "inet", "bridge")
"""Those of nft(8) that see a box's packets, and need no device."""
LEGACY_NAMES = Path("/proc/net/ip_tables_names")
OF_IPTABLES = {("ip", name) for name in ("filter", "nat", "mangle", "raw", "security")}
"""Tables that iptables-nft makes, in words that nft alone may not read back."""
BRIDGED = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
Load = tuple[list[str], str]
"""A command that loads rules, and what it reads."""
UNREAD = re.compile(r"^XT (match|target) (\S+) not found$", re.MULTILINE)
"""nft 1.0.6 on its standard error, of a part of a rule that it leaves out: without it the rule says more."""


class _UnreadError(Exception):
    """Why the host's rules can't be tried."""


def check(site: Site, network: HostNetwork, attachment: Attachment) -> None:
    """Raises HostError if a rule of this machine stops what has to go through, or its kernel takes no rules
    such as the box's; says so if that can't be told."""
    words = ["unshare", "--net", sys.executable, "-I", "-S", "-c", Path(trial.__file__).read_text()]
    try:
        told = _tried(words, json.dumps(_host(site, network, attachment)))
    except _UnreadError as reason:
        told = {"untried": str(reason)}
    if "lacks" in told:
        raise HostError(
            "this machine's kernel can't lay the network of a box",
            where="a network namespace, in which it was tried",
            why=told["lacks"],
            remedy="it wants bridges, veth and nftables with NAT: use Debian's kernel, or one that has them",
        )
    if "stopped" in told and not told["rule"]:
        told["untried"] = (
            f"{told['stopped']}, nothing comes through, and the kernel names no rule that stops it"
        )
    if "untried" in told:
        Console().warn(
            "It can't be told whether this machine's packet filter lets the box's packets through: "
            f"{told['untried']}.  Try the port table from a laptop."
        )
    if "stopped" in told and told["rule"]:
        raise _stopped(told["device"], told["stopped"], told["rule"])


def _tried(words: Sequence[str], host: str) -> dict[str, str]:
    """What the trial told."""
    try:
        done = subprocess.run(words, input=host, capture_output=True, text=True, timeout=TRYING)
    except subprocess.TimeoutExpired:
        return {"untried": f"the trial had not ended after {TRYING:.0f} s"}
    if done.returncode:
        return {"untried": done.stderr.strip()[-500:]}
    told: dict[str, str] = json.loads(done.stdout)
    return told


def _stopped(device: str, what: str, rule: str) -> HostError:
    family, table, chain, *words = rule.split()
    return HostError(
        f"this machine's packet filter would stop {what}",
        where=f"table {family} {table}, chain {chain}",
        why=" ".join(words),
        remedy=_remedy(device, family, table, chain),
    )


def _remedy(device: str, family: str, table: str, chain: str) -> str:
    if chain.startswith("ufw-") or (table == "filter" and _has_chain("ufw-user-forward")):
        return f"ufw route allow in on {device}; ufw route allow out on {device}"
    if table == "filter" and (chain.startswith("DOCKER") or _has_chain("DOCKER-USER")):
        return f"iptables -I DOCKER-USER -i {device} -j ACCEPT; iptables -I DOCKER-USER -o {device} -j ACCEPT"
    if table == "firewalld":
        add = f"--zone=trusted --add-interface={device}"
        return f"firewall-cmd {add}; firewall-cmd --permanent {add}"  # the second counts after a reload
    if family == "legacy":
        add = f"iptables-legacy -t {table} -I {chain}"
        return f"{add} -i {device} -j ACCEPT; {add} -o {device} -j ACCEPT"
    add = f"nft insert rule {family} {table} {chain}"
    return f"{add} iifname {device} accept; {add} oifname {device} accept"


def _has_chain(name: str) -> bool:
    """Whether iptables of either kind has a chain in its table ``filter``."""
    return any(
        subprocess.run([tool, "-n", "-L", name], capture_output=True).returncode == 0
        for tool in ("iptables-nft", "iptables-legacy")
        if shutil.which(tool)
    )


def _host(site: Site, network: HostNetwork, attachment: Attachment) -> dict[str, object]:
    """What the trial reads."""
    taken = {site.bridge.name, *attachment.sides, *attachment.devices, "lo"}
    row = next(row for row in site.ports if row.first == row.last)
    node = next(node for node in site.nodes if node.address == row.address)
    others = [other for other in site.nodes if other != node][:1]
    size = site.bridge.network.prefixlen
    ours = (["nft", "-f", "-"], beside.render(site, attachment, "icebox_trial"))
    return {
        "interfaces": sorted(network.macs.keys() - taken),
        "entrances": [
            {"device": each.device, "address": str(own), "laptop": _laptop(own)}
            for each in attachment.entrances
            for own in [network.interface_of(each)]
        ],
        "bridge": site.bridge.name,
        "gateway": str(site.bridge.interface),
        "node": f"{node.address}/{size}",
        "neighbour": "".join(f"{other.address}/{size}" for other in others),
        "aside": attachment.aside,
        "beside": str(GATEWAY),
        "outside": str(OUTSIDE),
        "name_server": str(NAME_SERVER),
        "names": str(attachment.names or ""),
        "row": [row.first, row.target],
        "bridged": BRIDGED.read_text().strip() if BRIDGED.exists() else "0",
        "ours": ours,
        "rules": list(_rules()),
    }


def _laptop(own: IPv4Interface) -> str:
    """Another address in the network of the host's."""
    hosts = (own.network.network_address + 1, own.network.network_address + 2)
    return f"{next(each for each in hosts if each != own.ip)}/{own.network.prefixlen}"


def _rules() -> Iterator[Load]:
    """This machine's rules, as they are loaded again."""
    saved = _output("iptables-nft-save")
    for family, name in re.findall(r"^table (\w+) (\S+)$", _output("nft", "list", "tables"), re.MULTILINE):
        if family not in FAMILIES or name.startswith("icebox_") or (saved and (family, name) in OF_IPTABLES):
            continue
        yield ["nft", "-f", "-"], _table(family, name)
    if saved:
        yield ["iptables-nft-restore"], saved
    if LEGACY_NAMES.exists() and LEGACY_NAMES.read_text():
        yield ["iptables-legacy-restore"], _output("iptables-legacy-save")


def _table(family: str, name: str) -> str:
    """One of nft's own, in its words."""
    words = ["nft", "-s", "list", "table", family, name]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    if unread := UNREAD.search(done.stderr):
        raise _UnreadError(
            f"nft can't read the {unread[1]} {unread[2]} in table {family} {name}, which iptables-nft made; "
            "it can if the package `iptables` is installed"
        )
    return done.stdout


def _output(*words: str) -> str:
    if shutil.which(words[0]) is None:
        return ""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout
