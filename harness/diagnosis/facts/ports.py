"""Facts of ports: each is reached from where it is used, and it is its own service that listens there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.fact import DOM0, Case, Fact, Seen, Want
from harness.diagnosis.facts.network import AGAIN, ALL
from harness.services.registry import TUNNEL_OF_WN, services_of
from harness.services.service import Talk
from harness.site import Node, Role, Site

BATCH = (6817, 6818)
"""Ports of the batch system, between CE and WNs alone: what they say goes through a tunnel."""


def ports(node: Node) -> list[int]:
    """Where its services are asked."""
    return [
        question.port
        for service in services_of(node.role)
        for question in service.asked
        if isinstance(question, Talk)
    ]


def _reach_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("listeners",))
    yield from (come(place, node) for place in places(site, node))


def users(site: Site, node: Node) -> list[Node]:
    """Nodes that come to its ports: every first one of a role, and a WN and its CE to each other."""
    firsts = [site.of(role)[0] for role in Role if role is not Role.WN]
    near = [each for each in site.nodes if {each.role, node.role} == {Role.CE, Role.WN}]
    both = dict.fromkeys([*firsts, *(each for each in near if site.cluster(each) == site.cluster(node))])
    return [each for each in both if each != node]


def come(place: str, node: Node) -> Want:
    """A look from a place at a node's ports."""
    return Want(place, ("reach", [[str(node.address), port] for port in ports(node)]))


def _reach(case: Case) -> Iterator[Seen]:
    """What listens at a port is reached there, from wherever it is used."""
    node = case.here
    closed: dict[tuple[str, str], list[int]] = {}
    listening: dict[str, list[dict[str, Any]]] = case.view.got(Want(node.name, ("listeners",)))
    for port in ports(node):
        who = listening.get(str(port), [])
        if not who or any(each["full"] for each in who):
            continue  # nobody is there, or nobody takes what comes: the service's own trouble
        if all(each["at"] in ("127.0.0.1", "[::1]") for each in who):
            units = [
                unit.format(vo=case.site.vo)
                for each in services_of(node.role)
                for unit in each.units
                if port in each.ports
            ]
            yield Seen(
                f"listens at port {port} for itself alone ({who[0]['at']})",
                f"ss -tln sport = :{port}",
                remedy=f"its settings have it listen there: `systemctl restart {' '.join(units)}` on {node} "
                "once they are as they were",
            )
            continue
        for place, why in _closed(case, port):
            closed.setdefault((place, why), []).append(port)
    if closed:
        shut = list(dict.fromkeys(port for each in closed.values() for port in each))
        froms = ", ".join(dict.fromkeys(place for place, _ in closed))
        named = f"port{'s' if len(shut) > 1 else ''} {', '.join(map(str, shut))}"
        yield Seen(
            f"is not reached at {named} from {froms}, though services listen there",
            f"nc -zvw2 {node.address} {shut[0]}",
            "\n".join(
                f"{place}: {', '.join(map(str, each))}: {why}" for (place, why), each in closed.items()
            ),
        )


def _closed(case: Case, port: int) -> list[tuple[str, str]]:
    """From where a port is not reached, and why; nothing if it is one node alone: that is told there."""
    found = {place: why_closed(case, place, case.here, port) for place in places(case.site, case.here)}
    closed = [(place, why) for place, why in found.items() if why]
    alone = len(closed) == 1 and len(found) > 2 and closed[0][0] != DOM0
    return [] if alone or port in BATCH else closed


def places(site: Site, node: Node) -> list[str]:
    """From where its ports are tried."""
    return [DOM0, *(each.name for each in users(site, node))]


def why_closed(case: Case, place: str, node: Node, port: int) -> str:
    """What keeps a place from a node's port; empty if it gets there, or nobody knows."""
    want = come(place, node)
    if json.dumps(want.words) not in case.view.answers.get(place, {}) or _adrift(case, place):
        return ""
    return str(case.view.got(want)[f"{node.address}:{port}"])


def _adrift(case: Case, place: str) -> bool:
    """Whether a machine reaches nobody at all, so that it says nothing of others."""
    answers = case.view.answers[place]
    looks = [answer.get("got", {}) for words, answer in answers.items() if words.startswith('["reach"')]
    tried = [why for look in looks for why in look.values()]
    return bool(tried) and all(tried)


def _holder_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("listeners",))


def _holder(case: Case) -> Iterator[Seen]:
    """At a service's port listens that service."""
    listening = case.view.got(Want(case.here.name, ("listeners",)))
    for service in services_of(case.here.role):
        units = [unit.format(vo=case.site.vo) for unit in service.units]
        for port in service.ports:
            strange = [
                each
                for each in listening.get(str(port), ())
                if each["group"] and not any(_in_unit(each["group"], unit) for unit in units)
            ]
            if strange:
                who = strange[0]["who"]
                process = re.search(r"\[(\d+)\]", who)
                ends = f"kill {process[1]}" if process else f"fuser -k {port}/tcp"
                yield Seen(
                    f"has {who} at port {port}, where {service.title} should be",
                    f"ss -tlnp sport = :{port}",
                    f"{who} of {strange[0]['group']}",
                    remedy=f"`{ends}` on {case.here} ends that program, and `systemctl start {units[0]}` "
                    "there starts the service again",
                )


def _in_unit(group: str, unit: str) -> bool:
    return f"/{unit}" in group.replace("\\x2d", "-")


def _tunnelled_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    ce = site.cluster(node)
    yield from (come(ce.name, node), come(node.name, ce))
    yield from (Want(each.name, ("listeners",)) for each in (node, ce))


def _tunnelled(case: Case) -> Iterator[Seen]:
    """What CE and WN say to each other of jobs gets through their tunnel, both ways."""
    wn, ce = case.here, case.site.cluster(case.here)
    for one, other in ((wn, ce), (ce, wn)):
        listening = case.view.got(Want(other.name, ("listeners",)))
        for port in (port for port in BATCH if port in ports(other) and listening.get(str(port))):
            why = why_closed(case, one.name, other, port)
            if why and not all(why_closed(case, one.name, other, each) for each in ports(other)):
                yield Seen(
                    f"does not get through the tunnel with {ce}: port {port} of {other} gives {one} {why}",
                    f"nc -zvw2 {other.address} {port}; wg show batch",
                    why,
                )
                return


FACTS = (
    Fact(
        name="reach",
        between=True,
        roles=ALL,
        label="{node}",
        wants=_reach_wants,
        judge=_reach,
        carries=("*", "door"),
        means="who needs that service waits for an answer that does not come",
        remedy="what keeps others out is a packet filter in the network of {node}: " + AGAIN,
    ),
    Fact(
        name="port",
        roles=ALL,
        label="{node}",
        wants=_holder_wants,
        judge=_holder,
        carries=("*", "door"),
        means="clients of that service speak with something else",
        remedy=AGAIN,
    ),
    Fact(
        name="tunnelled",
        between=True,
        roles=(Role.WN,),
        label="{node}",
        wants=_tunnelled_wants,
        judge=_tunnelled,
        needs=("tunnel", "reach", "node@ce", "tunnel@ce", "reach@ce", "address@ce"),
        carries=("slurmd",),
        told_by="WN-1",
        everywhere=True,
        means="no job gets to this WN, or its end is not heard",
        remedy=TUNNEL_OF_WN.remedy,
    ),
)
