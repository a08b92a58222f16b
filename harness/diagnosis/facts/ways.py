"""Facts of the dom0: it leads packets on, by the rules that were laid, in from outside and out from nodes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from harness.checks.certificate import names as names_in
from harness.diagnosis.fact import DOM0, Case, Fact, Seen, Want
from harness.diagnosis.facts import leads
from harness.diagnosis.facts.network import AGAIN, ALL
from harness.diagnosis.finding import Step
from harness.dom0.kinds import KINDS
from harness.dom0.talk import Answer
from harness.network import nftables
from harness.services.registry import at_port
from harness.services.service import Service
from harness.site import Node, Role, Site
from harness.site.addresses import NAME_SERVER
from harness.site.portrow import PortRow

ETHERNET = 1500
"""Bytes of a packet that every node sends."""
FORWARDS = "cat /proc/sys/net/ipv4/ip_forward"
OF_BRIDGE = "cat /proc/sys/net/ipv4/conf/{bridge}/forwarding"
PLACES = "ip -j address show"
OUR_RULES = f"nft list table ip {nftables.TABLE}"
ALL_RULES = "nft list ruleset"
LAID = "unshare -n sh -c 'echo \"$1\" | nft -f - && nft list ruleset' laid '{rules}'"
"""What the rules look like once they are loaded: in an empty network, which ends with the command."""


def own_rules(site: Site) -> str:
    """The rules as they were laid; empty where the dom0's network is not the box's own alone."""
    return KINDS.of(site.dom0_kind).rules(site)


def _forwarding_wants(site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(DOM0, ("run", FORWARDS, ""))
    yield Want(DOM0, ("run", OF_BRIDGE.format(bridge=site.bridge.name), ""))


def _forwarding(case: Case) -> Iterator[Seen]:
    """The kernel forwards, also what comes from the bridge."""
    whole, own = (str(case.view.got(each)["said"]).strip() for each in _forwarding_wants(case.site, None))
    if whole != "1":
        yield Seen("is switched off", "sysctl net.ipv4.ip_forward", whole)
    elif own != "1":
        name = f"net.ipv4.conf.{case.site.bridge.name}.forwarding"
        fix = f"sysctl -w {name}=1"
        yield Seen(
            f"is switched off for what comes from {case.site.bridge.name}",
            f"sysctl {name}",
            own,
            remedy=f"`{fix}` on the dom0",
            steps=(Step("", fix),),
        )


def _uplink_wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(DOM0, ("run", PLACES, ""))


def _uplink(case: Case) -> Iterator[Seen]:
    """Bridge and public address are there, and switched on."""
    said = case.view.got(Want(DOM0, ("run", PLACES, "")))["said"]
    devices = [each for each in json.loads(said) if each]
    has = {entry.get("local"): each for each in devices for entry in each.get("addr_info", ())}
    bridge = case.site.bridge
    for address, what in ((bridge.address, "of the bridge"), (case.box.public_address, "that is public")):
        device = has.get(str(address))
        if device is None:
            if own_rules(case.site) or what == "of the bridge":
                yield Seen(f"has lost the address {address}, {what}", "ip address", ", ".join(map(str, has)))
        elif "UP" not in device["flags"]:
            yield Seen(f"has {device['ifname']} switched off", f"ip link show {device['ifname']}")
        elif device["mtu"] < ETHERNET and what == "of the bridge":
            name, size = device["ifname"], device["mtu"]
            yield Seen(
                f"lets no packet of more than {size} bytes through its bridge",
                f"ip link show {name}",
                f"{name} mtu {size}",
                remedy=f"`ip link set {name} mtu {ETHERNET}` on the dom0",
            )


def _rule_wants(site: Site, _node: Node | None) -> Iterator[Want]:
    rules = own_rules(site)
    yield Want(DOM0, ("run", ALL_RULES if rules else OUR_RULES, ""))
    if rules:
        yield Want(DOM0, ("run", LAID.format(rules=rules), ""))


def _rules(case: Case) -> Iterator[Seen]:
    """The packet filter is as it was laid."""
    now, *laid = (case.view.got(want) for want in _rule_wants(case.site, None))
    if now["code"]:
        yield Seen("is gone", OUR_RULES, now["said"].strip())
    elif laid and laid[0]["code"] == 0 and _lines(now["said"]) != _lines(laid[0]["said"]):
        has, should = _lines(now["said"]), _lines(laid[0]["said"])
        missing, more = (
            [each for each in should if each not in has],
            [each for each in has if each not in should],
        )
        parts = filter(None, (_shown("it lacks", missing), _shown("it has", more)))
        what = " and ".join(parts) or "its rules stand in another order"
        yield Seen(f"is not as it was laid: {what}", ALL_RULES, "\n".join([*missing, *more]))


def _lines(text: str) -> list[str]:
    """Rules, one each, and the elements of maps; counters count."""
    joined = re.sub(r",\s*\n\s*", ", ", text)
    found: list[str] = []
    for line in joined.splitlines():
        rule = re.sub(r"counter packets \d+ bytes \d+ ?", "", line).strip()
        elements = re.fullmatch(r"elements = \{ (.*) \}", rule)
        found += elements[1].split(", ") if elements else [rule] * bool(rule.strip("}"))
    return found


def _shown(word: str, lines: list[str]) -> str:
    if not lines:
        return ""
    first = f"`{lines[0][:120]}`"
    return f"{word} {first}" if len(lines) == 1 else f"{word} {first} and {len(lines) - 1} more"


def rows_of(case: Case) -> Iterator[tuple[PortRow, Service]]:
    """Single ports of the public address that lead to the node, each with its service."""
    for row in case.site.ports:
        service = at_port(case.here.role, row.target) if row.address == case.here.address else None
        if service and row.first == row.last:
            yield row, service


def _door_wants(site: Site, node: Node | None) -> Iterator[Want]:
    """From where students are, from other nodes, and from the dom0 itself to what is behind."""
    rows = [row for row in site.ports if row.first == row.last and node and row.address == node.address]
    if rows:
        yield Want(site.ui.name, ("reach", [[str(site.public_address), row.first] for row in rows]))
        yield Want(DOM0, ("reach", [[str(row.address), row.target] for row in rows]))
        yield from (leads.out_of(site, each) for each in site.nodes)


def _door(case: Case) -> Iterator[Seen]:
    """What is forwarded leads to its service, from outside and from within."""
    wants = list(_door_wants(case.site, case.node))
    if not wants:
        return
    inside, behind = (case.view.got(want) for want in wants[:2])
    for row, service in rows_of(case):
        if behind[f"{row.address}:{row.target}"] or (case.here.name, service.name) in case.silent:
            continue  # nothing is there to be led to
        public = f"{case.site.public_address}:{row.first}"
        wrong = [f"from outside {why}" for why in [_outside(case, row, service)] if why]
        # Where others get from within, it is no door that is shut.
        if inside[public] and not leads.others_get(case, row, case.site.ui):
            wrong.append(f"from the UI {inside[public]}")
        if wrong:
            yield Seen(
                f"does not lead port {row.first} to {service.title} on {case.here}: {', '.join(wrong)}",
                f"nc -zvw2 {case.site.public_address} {row.first}",
                "\n".join(wrong),
            )


def _outside(case: Case, row: PortRow, service: Service) -> str:
    answer = case.view.doors.get(row.first, Answer(""))
    if answer.why:
        return answer.why
    if service.secure and answer.shown:
        from cryptography import x509

        shown = names_in(x509.load_pem_x509_certificate(answer.shown[0].encode()))
        if case.here.fqdn not in shown:
            return f"it is {' and '.join(shown)} that answers"
    return ""


def _outbound_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("reach", [[str(NAME_SERVER), 53]]))


def _outbound(case: Case) -> Iterator[Seen]:
    why = case.view.got(next(_outbound_wants(case.site, case.node)))[f"{NAME_SERVER}:53"]
    if why:
        yield Seen(f"gets no connection to the outside: {why}", f"nc -zvw2 {NAME_SERVER} 53", why)


FACTS = (
    Fact(
        name="uplink",
        between=True,
        roles=(),
        needs=("network",),
        label="the dom0",
        wants=_uplink_wants,
        judge=_uplink,
        carries=("door", "ranges", "outbound", "dns", "reach", "path", "ways"),
        means="nobody gets in or out",
        remedy=AGAIN,
    ),
    Fact(
        name="forwarding",
        between=True,
        roles=(),
        label="forwarding of packets on the dom0",
        wants=_forwarding_wants,
        judge=_forwarding,
        carries=("door", "ranges", "outbound", "names"),
        means="nobody gets in or out, and nodes find no names",
        remedy="`sysctl -w net.ipv4.ip_forward=1` on the dom0",
        mends=(f"echo 1 > {FORWARDS.removeprefix('cat ')}",),
    ),
    Fact(
        name="rules",
        between=True,
        roles=(),
        label="the dom0's packet filter",
        wants=_rule_wants,
        judge=_rules,
        suspect=True,
        carries=("door", "ranges", "outbound", "names", "path", "reach", "ways", "tunnelled"),
        means="connections get lost, or to the wrong node",
        remedy=AGAIN,
    ),
    Fact(
        name="outbound",
        between=True,
        roles=ALL,
        label="{node}",
        wants=_outbound_wants,
        judge=_outbound,
        carries=("names",),
        told_by="NET-3",
        everywhere=True,
        means="what runs there can't call back a laptop, nor find names",
        remedy="`nft list ruleset` on the dom0 shows what is let out; " + AGAIN,
    ),
    Fact(
        name="door",
        between=True,
        roles=(Role.CE, Role.SE, Role.RB, Role.UI),
        label="the dom0",
        wants=_door_wants,
        judge=_door,
        doors=True,
        told_by="NET-4",
        everywhere=True,
        means="whoever goes by the public name, as all students do, does not get there",
        remedy="`nft list ruleset` on the dom0 shows where ports lead; " + AGAIN,
    ),
)
