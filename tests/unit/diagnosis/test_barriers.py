"""What lies in the way of a node's packets, or a laptop's, is judged by what is true of the box."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.box.box import Box
from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import barriers, network
from harness.diagnosis.looked import Looked, roots_of
from harness.services.graph import Graph
from harness.site import Role, Site
from harness.virt.domain import mac
from tests.unit.diagnosis.judging import Answers, judged


def test_what_a_kernel_makes_by_its_memory_or_version_is_nobody_s_change(site: Site) -> None:
    def strange(name: str, hypervisor: str = "qemu", ui: str = "") -> list[Any]:
        """Of a UI with half the memory, or with this value, by this hypervisor."""
        nodes = [replace(each, hypervisor="lxc" if each.role is Role.WN else "qemu") for each in site.nodes]
        nodes = [replace(each, hypervisor=hypervisor) if each.role is Role.UI else each for each in nodes]
        want = json.dumps(["run", barriers.KERNEL, ""])
        usual = "4096 131072 6291456" if ui else "256"
        values = {each.name: (ui or "128") if each.role is Role.UI else usual for each in nodes}
        answers = {
            each: {want: {"got": {"said": f"/proc/sys/net/ipv4/{name}:{value}\n"}}}
            for each, value in values.items()
        }
        box = cast(Box, SimpleNamespace(site=replace(site, nodes=tuple(nodes))))
        [ui] = [each for each in nodes if each.role is Role.UI]
        return list(barriers._strange(Case(box, ui, View(answers))))

    assert strange("tcp_max_tw_buckets") == []
    assert strange("tcp_rmem") == []
    assert strange("tcp_rmem", ui="1 131072 6291456") == [
        ("net.ipv4.tcp_rmem", "1 131072 6291456", "4096 131072 6291456")
    ], "no memory explains that"
    assert strange("ip_default_ttl") == [("net.ipv4.ip_default_ttl", "128", "256")]
    assert strange("ip_default_ttl", "lxc") == [], "another kernel"


def test_another_node_s_address_on_the_card_is_told_of_as_an_address(site: Site) -> None:
    taken = {"type": "local", "dst": str(site.se.address), "dev": "eth0", "table": "local"}
    assert judged(site, "barrier", Role.WN, laid(site, route=[taken])) == []
    assert judged(site, "barrier", Role.WN, laid(site, route=[taken | {"dev": "lo"}])) != []


def laid(
    site: Site, *, ttl: str = "64", tables: tuple[str, ...] = (), **parts: list[dict[str, Any]]
) -> Answers:
    """What lies in the network of the UI; the other nodes are as they were made."""
    listed = "".join(f"= {name}\n{json.dumps(parts.get(name, []))}\n" for name in barriers.LAID)

    def answer(place: str, words: tuple[Any, ...]) -> Any:
        if words == ("tables",):
            return list(tables)
        said = {barriers.LINE: listed, barriers.KERNEL: f"/proc/sys/net/ipv4/ip_default_ttl:{'64'}\n"}
        if place == site.ui.name and words[1] == barriers.KERNEL:
            return {"code": 0, "said": f"/proc/sys/net/ipv4/ip_default_ttl:{ttl}\n"}
        return {"code": 0, "said": said[words[1]]}

    return answer


USUAL = {
    "rule": [{"priority": 32766, "src": "all", "table": "main"}],
    "route": [
        {"dst": "default", "gateway": "192.168.1.1", "dev": "eth0"},
        {"type": "local", "dst": "192.168.1.5", "dev": "eth0", "table": "local"},
    ],
    "qdisc": [{"kind": "noqueue", "dev": "eth0", "root": True}],
}


@pytest.mark.parametrize(
    ("more", "says", "undo"),
    [
        ({}, "", ""),
        (
            {"rule": [{"priority": 7, "src": "all", "dst": "1.2.3.0", "dstlen": 24, "action": "prohibit"}]},
            "a rule of routing (from all to 1.2.3.0/24 prohibit)",
            "ip rule del pref 7 from all to 1.2.3.0/24 prohibit",
        ),
        (
            {"rule": [{"priority": 1, "src": "all", "dport_start": 20, "dport_end": 22, "table": "7"}]},
            "a rule of routing (from all dport 20-22 lookup 7)",
            "ip rule del pref 1 from all dport 20-22 lookup 7",
        ),
        (
            {"rule": [{"priority": 9, "src": "all", "uid_start": 5, "uid_end": 6, "action": "prohibit"}]},
            "a rule of routing (from all uidrange 5-6 prohibit)",
            "ip rule del pref 9 from all uidrange 5-6 prohibit",
        ),
        (
            {"route": [{"type": "blackhole", "dst": "192.168.1.4"}]},
            "leads astray (blackhole 192.168.1.4)",
            "ip route del blackhole 192.168.1.4 table main",
        ),
        (
            {"route": [{"type": "local", "dst": "192.168.1.4", "dev": "lo", "table": "local"}]},
            "the address 192.168.1.4 on lo",
            "ip address del 192.168.1.4/32 dev lo",
        ),
        (
            {"neigh": [{"dst": "192.168.1.1", "dev": "eth0", "lladdr": "02:00:00:00:00:99"}]},
            "told of by hand",
            "ip neigh del 192.168.1.1 dev eth0",
        ),
        (
            {"qdisc": [{"kind": "tbf", "dev": "eth0", "root": True}]},
            "a queue tbf on eth0",
            "tc qdisc del dev eth0 root",
        ),
        ({"ttl": "1"}, "net.ipv4.ip_default_ttl = 1, and other nodes 64", "sysctl -w"),
        ({"tables": ("filter",)}, "a packet filter of its own (table filter)", ""),
    ],
)
def test_what_lies_in_a_nodes_way_is_named_with_what_takes_it_away(
    site: Site, more: dict[str, Any], says: str, undo: str
) -> None:
    seen = judged(site, "barrier", Role.UI, laid(site, **(USUAL | more)))
    assert [says in each.why for each in seen] == [True] * bool(says)
    assert all(undo in each.remedy for each in seen)
    assert all(not undo or undo in each.steps[0].line for each in seen)


def wired(site: Site, card: str, *answering: str, of_se: str = "") -> list[Seen]:
    """What is said of a WN with this hardware address, at whose address these answer."""
    wn = site.of(Role.WN)[0]
    device = {
        "flags": ["UP", "LOWER_UP"],
        "address": card,
        "addr_info": [{"family": "inet", "local": str(wn.address), "prefixlen": 24}],
    }

    def answer(place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "owners":
            return {address: list(answering) for address in words[2]}
        cards = {wn.name: device, site.se.name: {"address": of_se or mac(site.se)}}
        return {"code": 0, "said": json.dumps([cards.get(place, {})] if words[1] == network.DEVICE else [])}

    return judged(site, "address", Role.WN, answer)


def test_a_node_with_the_card_of_another_is_told_and_one_with_a_new_card_is_not(site: Site) -> None:
    wn, se, new = mac(site.of(Role.WN)[0]), mac(site.se), "02:00:00:11:22:33"
    assert wired(site, wn, wn) == []
    assert wired(site, new, new) == []
    [seen] = wired(site, se, se)
    assert seen.why.startswith(f"has the hardware address of {site.se}")
    assert seen.steps[0].line.startswith(f"ip link set eth0 address {wn}")
    [seen] = wired(site, wn, wn, of_se=wn)
    assert seen.why == f"is not the only one with its hardware address: {site.se} has it, too"
    assert seen.of == site.se.name
    [seen] = wired(site, wn, wn, se)
    assert "is not the only one with the address" in seen.why
    assert seen.of == site.se.name


WIRES = json.dumps([{"ifname": "vnet0"}, {"ifname": "vnet1"}])


@pytest.mark.parametrize(
    ("more", "undo"),
    [
        ({"qdisc": [{"kind": "netem", "dev": "vnet1", "root": True}]}, "tc qdisc del dev vnet1 root"),
        ({"qdisc": [{"kind": "netem", "dev": "eth9", "root": True}]}, ""),
        ({"qdisc": [{"kind": "noqueue", "dev": "vnet1", "root": True}]}, ""),
        (
            {"route": [{"type": "blackhole", "dst": "192.168.1.4"}]},
            "ip route del blackhole 192.168.1.4 table main",
        ),
        ({"route": [{"dst": "192.168.1.4", "dev": "lo"}]}, "ip route del unicast 192.168.1.4 table main"),
        ({"route": [{"dst": "192.168.1.0/24", "dev": "BRIDGE"}, {"dst": "default", "dev": "up"}]}, ""),
        ({"route": [{"type": "unreachable", "dst": "10.7.0.0/16"}]}, ""),
        ({"neigh": [{"dst": "192.168.1.4", "dev": "BRIDGE", "lladdr": "02:00:00:00:00:99"}]}, "ip neigh del"),
        ({"neigh": [{"dst": "192.168.1.4", "dev": "BRIDGE", "lladdr": "SE"}]}, ""),
        (
            {"rule": [{"priority": 7, "src": "192.168.1.4", "action": "prohibit"}]},
            "ip rule del pref 7 from 192.168.1.4 prohibit",
        ),
        (
            {"rule": [{"priority": 7, "src": "all", "iif": "BRIDGE", "table": "99"}]},
            "ip rule del pref 7 from all iif BRIDGE lookup 99",
        ),
        ({"rule": [{"priority": 7, "src": "10.7.0.0", "srclen": 16, "action": "prohibit"}]}, ""),
        ({"rule": [{"priority": 7, "src": "all", "iif": "wlan0", "table": "99"}]}, ""),
        ({"rule": [{"priority": 7, "src": "all", "fwmark": "0xca6c", "table": "51820"}]}, ""),
        ({"rule": [{"priority": 32766, "src": "all", "table": "main"}]}, ""),
    ],
)
def test_what_lies_in_nodes_way_at_the_dom0_is_named_and_what_is_others_is_not(
    site: Site, more: dict[str, Any], undo: str
) -> None:
    listed = json.loads(
        json.dumps(more).replace("BRIDGE", site.bridge.name).replace('"SE"', f'"{mac(site.se)}"')
    )
    said = "".join(f"= {kind}\nERROR: ld.so\n{json.dumps(listed.get(kind, []))}\n" for kind in barriers.LAID)

    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        return {"code": 0, "said": f"ERROR: ld.so\n{said}" if words[1] == barriers.LINE else WIRES}

    seen = judged(site, "barrier", None, answer)
    right = undo.replace("BRIDGE", site.bridge.name)
    assert [right in each.steps[0].line for each in seen] == [True] * bool(undo)


@pytest.mark.parametrize(
    ("whole", "bridge", "says"),
    [("1", "1", ""), ("0", "1", "is switched off"), ("1", "0", "is switched off for what comes from")],
)
def test_the_dom0_forwards_what_comes_from_its_bridge(site: Site, whole: str, bridge: str, says: str) -> None:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        return {"code": 0, "said": f"{bridge if site.bridge.name in words[1] else whole}\n"}

    assert [says in each.why for each in judged(site, "forwarding", None, answer)] == [True] * bool(says)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"state": "forwarding", "isolated": False}, ""),
        ({"state": "forwarding", "isolated": True}, "is isolated there"),
        ({"state": "forwarding", "locked": True}, "is locked there"),
        ({"state": "blocking"}, "is blocking there"),
    ],
)
def test_a_port_of_the_bridge_that_keeps_a_node_apart_is_told(
    site: Site, told: dict[str, Any], says: str
) -> None:
    ports = [{"ifindex": 7, "ifname": "vnet0", "linkinfo": {"info_slave_data": told}}]
    box = cast(Box, SimpleNamespace(site=site))
    want = network.ports_of_bridge(site)
    view = View({want.place: {json.dumps(want.words): {"got": {"code": 0, "said": json.dumps(ports)}}}})
    seen = list(network._loose(Case(box, site.se, view), 7))
    assert [says in each.why for each in seen] == [True] * bool(says)


@pytest.mark.parametrize(
    ("more", "undo"),
    [
        ({}, ""),
        (USUAL, ""),
        (
            {"rule": [{"priority": 7, "src": "all", "dst": "203.0.113.10", "action": "prohibit"}]},
            "ip rule del",
        ),
        ({"route": [{"type": "blackhole", "dst": "203.0.113.10"}]}, "ip route del blackhole 203.0.113.10"),
        ({"qdisc": [{"kind": "netem", "dev": "wan0", "root": True}]}, "tc qdisc del dev wan0 root"),
        ({"neigh": [{"dst": "203.0.113.10", "dev": "wan0", "lladdr": "02:00:00:00:00:99"}]}, "ip neigh del"),
    ],
)
def test_what_lies_in_the_way_of_a_laptop_is_its_own_matter(
    site: Site, more: dict[str, Any], undo: str
) -> None:
    said = "".join(f"= {kind}\n{json.dumps(more.get(kind, []))}\n" for kind in barriers.LAID)
    seen = judged(site, "beyond", None, lambda _place, _words: {"code": 0, "said": said})
    assert [undo in each.remedy and "on the laptop" in each.remedy for each in seen] == [True] * bool(undo)


def test_one_thing_in_a_laptops_way_explains_all_that_it_does_not_get(site: Site) -> None:
    graph = Graph(site, "box", ALL)
    beyond = next(each for each in graph.all if each.link.name == "beyond")
    shut = [each for each in graph.all if each.link.name in ("door", "outbound")]
    looked = Looked({each: Seen("gets no answer") for each in shut}, suspects={beyond: Seen("has a rule")})
    assert list(roots_of(graph, looked)) == [beyond]
