"""Facts of what somebody laid at the dom0 in the way of nodes' packets; what it has for others is its own."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from ipaddress import IPv4Network
from typing import Any

from harness.diagnosis.fact import DOM0, Case, Fact, Seen, Want
from harness.diagnosis.facts.barriers import JSON, LINE, SHUT, neighbour, parts, queue, rule, seen
from harness.diagnosis.facts.network import AGAIN, ports_of_bridge
from harness.diagnosis.finding import Step
from harness.site import Node, Site
from harness.virt.domain import mac


def _wayside_wants(site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(DOM0, ("run", LINE, ""))
    yield ports_of_bridge(site)


def _wayside(case: Case) -> Iterator[Seen]:
    """At the dom0 no rule, queue, route or neighbour is laid in the way of nodes' packets."""
    laid, ports = (case.view.got(want)["said"] for want in _wayside_wants(case.site, None))
    plugged = [each for line in filter(JSON.match, ports.splitlines()) for each in json.loads(line) if each]
    wires = {case.site.bridge.name, *(each["ifname"] for each in plugged)}
    for kind, told in parts(laid):
        found = OF_DOM0[kind](case, told, wires) if kind in OF_DOM0 else None
        if found:
            what, undo = found
            yield seen(kind, told, what, remedy=f"`{undo}` on the dom0", steps=(Step("", undo),))


def _queue_of_dom0(case: Case, told: dict[str, Any], wires: Container[str]) -> tuple[str, str] | None:
    return queue(case, told) if told["dev"] in wires else None


def _route_of_dom0(case: Case, told: dict[str, Any], _wires: Container[str]) -> tuple[str, str] | None:
    bridge, kind = case.site.bridge, told.get("type", "unicast")
    astray = kind in SHUT or (kind == "unicast" and told.get("dev") != bridge.name)
    if not astray or not _is_within(told["dst"], bridge.network):
        return None
    words = f"{kind} {told['dst']}"
    return f"a route that leads astray ({words})", f"ip route del {words} table {told.get('table', 'main')}"


def _rule_of_dom0(case: Case, told: dict[str, Any], wires: Container[str]) -> tuple[str, str] | None:
    """A rule of routing for the nodes' packets, or for everybody's; the dom0 may have others of its own."""
    found = rule(case, told)
    devices = [told[key] for key in ("iif", "oif") if key in told]
    places = [
        f"{told[key]}/{told.get(f'{key}len', 32)}" for key in ("src", "dst") if told.get(key, "all") != "all"
    ]
    ours = any(_is_within(place, case.site.bridge.network) for place in places)
    others = (devices and not any(each in wires for each in devices)) or (places and not ours)
    return None if found is None or others or "fwmark" in told or told.get("table") == "main" else found


def _neighbour_of_dom0(case: Case, told: dict[str, Any], wires: Container[str]) -> tuple[str, str] | None:
    right = {str(node.address): mac(node) for node in case.site.nodes}
    own = told.get("dev") in wires and right.get(told["dst"], "") != told.get("lladdr")
    return neighbour(case, told) if own and told["dst"] in right else None


def _is_within(text: str, network: IPv4Network) -> bool:
    try:
        return IPv4Network(text).subnet_of(network)
    except ValueError:
        return False  # default


OF_DOM0 = {
    "rule": _rule_of_dom0,
    "route": _route_of_dom0,
    "neigh": _neighbour_of_dom0,
    "qdisc": _queue_of_dom0,
}


FACTS = (
    Fact(
        name="barrier",
        between=True,
        roles=(),
        label="the network of the dom0",
        wants=_wayside_wants,
        judge=_wayside,
        suspect=True,
        carries=("door", "ranges", "outbound", "names", "path", "reach", "ways", "tunnelled"),
        told_by="NET-2",
        means="packets of a node get lost on their way, or wait",
        remedy=AGAIN,
    ),
)
