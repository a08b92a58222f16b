"""Facts of the network: addresses, routes, packets that get through, the ports of a node, names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.fact import DOM0, WIRE, Case, Fact, Seen, Unseen, Want
from harness.diagnosis.finding import Step
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
KEPT_APART = ("isolated", "locked")
"""Settings of a port by which it does not forward to others (bridge(8))."""
DEVICE = "ip -j address show dev eth0"


def _addresses(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield from (Want(each.name, ("run", DEVICE, "")) for each in _site.nodes)
    yield from _owners(_site, node)
    yield ports_of_bridge(_site)


def _owners(site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(WIRE, ("owners", site.bridge.name, [str(node.address) for node in site.nodes]))


def ports_of_bridge(site: Site) -> Want:
    """A look at what is plugged into the bridge."""
    return Want(DOM0, ("run", f"ip -d -j link show master {site.bridge.name}", ""))


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
    elif "LOWER_UP" not in device["flags"]:
        state = f"eth0 is {device['operstate']}"
        yield Seen("has no carrier: its cable is off at the bridge", DEVICE, state, remedy=AGAIN)
    else:
        yield from _loose(case, device.get("link_index"))
    if place not in has:
        yield Seen(f"has the address {' and '.join(has) or 'of nobody'}, not {place}", DEVICE, "\n".join(has))
    others = {str(each.address): each for each in site.nodes if each != node} | {
        str(site.bridge.address): None
    }
    for each in has:
        taken = each.partition("/")[0]
        if taken in others:
            whose, fix = others[taken] or "the dom0", f"ip address del {each} dev eth0"
            yield Seen(
                f"has taken the address {taken}, which is that of {whose}",
                DEVICE,
                "\n".join(has),
                # Without its own it needs that as well.
                remedy=f"`{fix}` on {node}" if place in has else "",
                steps=(Step(node.name, fix),) if place in has else (),
            )
    yield from _same_card(case, device.get("address", ""))


def _same_card(case: Case, own: str) -> Iterator[Seen]:
    """The hardware address is nobody else's: who has another's is at fault, and the other has the trouble."""
    node, site = case.here, case.site
    others = [each for each in site.nodes if each != node]
    theirs = {mac(each): each for each in others}.get(own)
    if theirs:
        fix = f"ip link set eth0 address {mac(node)}; systemctl restart icebox-network"
        yield Seen(
            f"has the hardware address of {theirs}: switches send it what is for that",
            DEVICE,
            own,
            remedy=f"`{fix}` on {node}",
            steps=(Step(node.name, fix),),
        )
        return
    for other in others:
        if own and _card(case, other) == own:
            what = f"is not the only one with its hardware address: {other} has it, too"
            yield Seen(what, DEVICE, own, of=other.name)
            return
    yield from _twice(case, own)


def _card(case: Case, node: Node) -> str:
    try:
        return str(_json(case.view.got(Want(node.name, ("run", DEVICE, "")))).get("address", ""))
    except Unseen:
        return ""


def _loose(case: Case, other_end: int | None) -> Iterator[Seen]:
    """The other end of its cable is a port of the bridge, and forwards; guests have no such cable."""
    want = ports_of_bridge(case.site)
    try:
        ports = {each["ifindex"]: each for each in json.loads(case.view.got(want)["said"]) if each}
    except (Unseen, ValueError):
        return
    if other_end is None or not ports:
        return
    told = ports.get(other_end, {}).get("linkinfo", {}).get("info_slave_data", {})
    state = next((word for word in KEPT_APART if told.get(word) is True), told.get("state", ""))
    if other_end not in ports or state not in ("forwarding", ""):
        how = f"is {state} there" if other_end in ports else "hangs loose"
        why = f"is cut off: the end of its cable at the bridge {how}"
        yield Seen(why, str(want.words[1]), state or "not a port of the bridge", remedy=AGAIN)


def _twice(case: Case, own: str) -> Iterator[Seen]:
    macs = case.view.got(next(_owners(case.site, None)))[str(case.here.address)]
    # Its card may have been exchanged.
    foreign = [each for each in macs if each not in (mac(case.here), own)]
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


def _json(said: dict[str, Any]) -> dict[str, Any]:
    """The first thing that ip(8) tells as JSON; nothing if it tells none."""
    try:
        return next((each for each in json.loads(said["said"]) if each), {})
    except ValueError:
        return {}


FACTS = (
    Fact(
        name="address",
        between=True,
        roles=ALL,
        label="{node}",
        wants=_addresses,
        judge=_address,
        carries=("reach", "path", "route", "names", "any:ways"),
        means="nobody finds the node, or the wrong one is found",
        remedy="`systemctl restart icebox-network` on {node}, by `./icebox console {node}`; else " + AGAIN,
        mends=("systemctl restart icebox-network",),
    ),
    Fact(
        name="route",
        between=True,
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
        between=True,
        slows=True,
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
)
