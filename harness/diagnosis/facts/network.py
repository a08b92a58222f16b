"""Facts of the network: addresses, routes, packets that get through, the ports of a node, names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.fact import DOM0, WIRE, Case, Fact, Seen, Want
from harness.services.registry import services_of
from harness.services.service import Talk
from harness.site import Node, Role, Site
from harness.virt.domain import mac

ALL = tuple(Role)
AGAIN = "./icebox stop --box {box}, then ./icebox start --box {box}, lays it anew"
SMALL, LARGE = 56, 1472
"""Bytes of an echo: ping's own, and the most that fits a packet of Ethernet."""
SLOW = 0.1
"""Seconds of an echo within one machine that no load explains; it takes 0.0001."""
LOST = 0.2
"""Share of packets that a network may lose before it is told."""
DEVICE = "ip -j address show dev eth0"


def _addresses(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", DEVICE, ""))
    yield from _owners(_site, node)


def _owners(site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(WIRE, ("owners", site.bridge.name, [str(node.address) for node in site.nodes]))


def _address(case: Case) -> Iterator[Seen]:
    """Its own address, on a device that is up, and nobody else's."""
    node, site = case.here, case.site
    said = case.view.got(Want(node.name, ("run", DEVICE, "")))
    device = _json(said)
    if not device:
        yield Seen("has no network device eth0", DEVICE, said["said"])
        return
    place = f"{node.address}/{site.bridge.network.prefixlen}"
    has = [f"{each['local']}/{each['prefixlen']}" for each in device["addr_info"] if each["family"] == "inet"]
    if "UP" not in device["flags"]:
        yield Seen("has a network device that is switched off", DEVICE, f"eth0 is {device['operstate']}")
    if place not in has:
        yield Seen(f"has the address {' and '.join(has) or 'of nobody'}, not {place}", DEVICE, "\n".join(has))
    others = {str(each.address): each for each in site.nodes if each != node} | {
        str(site.bridge.address): None
    }
    for taken in (each.partition("/")[0] for each in has):
        if taken in others:
            whose = others[taken] or "the dom0"
            yield Seen(f"has taken the address {taken}, which is that of {whose}", DEVICE, "\n".join(has))
    yield from _twice(case)


def _twice(case: Case) -> Iterator[Seen]:
    macs = case.view.got(next(_owners(case.site, None)))[str(case.here.address)]
    foreign = [each for each in macs if each != mac(case.here)]
    if foreign:
        ours = {mac(node): node.name for node in case.site.nodes}
        named = ", ".join(ours.get(each, each) for each in foreign)
        yield Seen(
            f"is not the only one with the address {case.here.address}: {named} answers for it, too",
            f"arping -D -I {case.site.bridge.name} {case.here.address}",
            "\n".join(macs),
            of=ours.get(foreign[0], ""),
        )


def _routes(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", f"ip route get {site.public_address}", ""))
    yield Want(node.name, ("run", f"ip route get {_neighbour(site, node).address}", ""))


def _neighbour(site: Site, node: Node) -> Node:
    return next(each for each in site.nodes if each != node)


def _route(case: Case) -> Iterator[Seen]:
    node, site = case.here, case.site
    beyond, near = _routes(site, node)
    ways = {beyond: f"via {site.bridge.address} dev eth0", near: "dev eth0"}
    for want, way in ways.items():
        said = case.view.got(want)
        if way not in said["said"]:
            what = "the public address" if want is beyond else "its neighbours"
            yield Seen(f"has no way to {what} {way}", str(want.words[1]), said["said"].strip())


def _path_wants(site: Site, node: Node | None) -> Iterator[Want]:
    addresses = [str(each.address) for each in site.nodes]
    yield Want(WIRE, ("echoes", addresses, SMALL))
    yield Want(WIRE, ("echoes", addresses, LARGE))
    assert node is not None
    yield Want(node.name, ("run", DEVICE, ""))


def _path(case: Case) -> Iterator[Seen]:
    """Packets of any size get through, and soon."""
    small, large, device = (case.view.got(want) for want in _path_wants(case.site, case.node))
    address = str(case.here.address)
    few, big = small[address], large[address]
    if not few:
        return  # it may not answer to echoes at all; its ports tell
    ping = f"ping -c 10 -i 0.2 {address}"
    lost = 1 - len(few) / 10
    if not big:
        size = _json(device).get("mtu", 1500)
        yield Seen(
            f"gets no packet of 1500 bytes, though small ones come through (its own limit is {size})",
            f"ping -M do -s {LARGE} {address}",
            f"{len(few)} of 10 small ones came back, and none of the large ones",
            degraded=size < 1500,
        )
    if lost >= LOST and len(big) / 10 <= 1 - LOST:
        yield Seen(
            f"loses {lost:.0%} of its packets", ping, f"{len(few)} of 10 came back", degraded=lost < 0.5
        )
    middle = sorted(few)[len(few) // 2]
    if middle > SLOW and min(few) > SLOW / 2:
        yield Seen(f"is slow: a packet takes {middle:.2f} s", ping, degraded=True)


def _ports(node: Node) -> list[int]:
    return [
        question.port
        for service in services_of(node.role)
        for question in service.asked
        if isinstance(question, Talk)
    ]


def _reach_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("listeners",))
    for place in (DOM0, *(each.name for each in _users(site, node))):
        yield _from(place, node)


def _users(site: Site, node: Node) -> list[Node]:
    """Nodes that come to its ports: every first one of a role, and a WN and its CE to each other."""
    firsts = [site.of(role)[0] for role in Role if role is not Role.WN]
    near = [each for each in site.nodes if {each.role, node.role} == {Role.CE, Role.WN}]
    both = dict.fromkeys([*firsts, *(each for each in near if site.cluster(each) == site.cluster(node))])
    return [each for each in both if each != node]


def _from(place: str, node: Node) -> Want:
    return Want(place, ("reach", [[str(node.address), port] for port in _ports(node)]))


def _reach(case: Case) -> Iterator[Seen]:
    """What listens at a port is reached there, from wherever it is used."""
    node = case.here
    closed: dict[tuple[str, str], list[int]] = {}
    listening: dict[str, list[dict[str, Any]]] = case.view.got(Want(node.name, ("listeners",)))
    for port in _ports(node):
        who = listening.get(str(port), [])
        if not who or any(each["full"] for each in who):
            continue  # nobody is there, or nobody takes what comes: the service's own trouble
        if all(each["at"] in ("127.0.0.1", "[::1]") for each in who):
            yield Seen(
                f"listens at port {port} for itself alone ({who[0]['at']})", f"ss -tln sport = :{port}"
            )
            continue
        for place, why in _closed(case, port):
            closed.setdefault((place, why), []).append(port)
    if closed:
        ports = list(dict.fromkeys(port for ports in closed.values() for port in ports))
        froms = ", ".join(dict.fromkeys(place for place, _ in closed))
        named = f"port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))}"
        yield Seen(
            f"is not reached at {named} from {froms}, though services listen there",
            f"nc -zvw2 {node.address} {ports[0]}",
            "\n".join(
                f"{place}: {', '.join(map(str, ports))}: {why}" for (place, why), ports in closed.items()
            ),
        )


def _closed(case: Case, port: int) -> Iterator[tuple[str, str]]:
    batch = (6817, 6818)
    of_cluster = {each.name for each in case.site.nodes if each.role in (Role.CE, Role.WN)}
    for place in (DOM0, *(each.name for each in _users(case.site, case.here))):
        if port in batch and place not in of_cluster:
            continue  # what is no CE and no WN has no business there
        want = _from(place, case.here)
        if json.dumps(want.words) in case.view.answers.get(place, {}) and not _adrift(case, place):
            why = case.view.got(want)[f"{case.here.address}:{port}"]
            if why:
                yield place, why


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


def _json(said: dict[str, Any]) -> dict[str, Any]:
    """The first thing that ip(8) tells as JSON; nothing if it tells none."""
    try:
        return next((each for each in json.loads(said["said"]) if each), {})
    except ValueError:
        return {}


FACTS = (
    Fact(
        name="address",
        roles=ALL,
        label="{node}",
        wants=_addresses,
        judge=_address,
        carries=("reach", "path", "route", "names"),
        means="nobody finds the node, or the wrong one is found",
        remedy="`systemctl restart icebox-network` on {node}, by `./icebox console {node}`; else " + AGAIN,
        mends=("systemctl restart icebox-network",),
    ),
    Fact(
        name="route",
        roles=ALL,
        label="{node}",
        wants=_routes,
        judge=_route,
        needs=("address",),
        carries=("reach", "names", "outbound", "door"),
        means="what the node sends does not arrive",
        remedy="`systemctl restart icebox-network` on {node}, by `./icebox console {node}`; else " + AGAIN,
        mends=("systemctl restart icebox-network",),
    ),
    Fact(
        name="path",
        roles=ALL,
        label="the network of {node}",
        wants=_path_wants,
        judge=_path,
        needs=("address",),
        carries=("reach", "door", "*"),
        means="handshakes and files hang halfway",
        remedy="`ip link show eth0`, `tc qdisc` and `nft list ruleset` on {node} and on the dom0; else "
        + AGAIN,
    ),
    Fact(
        name="reach",
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
)
