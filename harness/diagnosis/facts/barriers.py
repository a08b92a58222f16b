"""Facts of what somebody laid in a node's own network: rules, routes, queues, neighbours, settings.

By itself none of it is a fault; where packets don't get through, it is why.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.diagnosis.facts.network import AGAIN, ALL
from harness.diagnosis.finding import Step
from harness.site import Node, Site

LAID = {
    "rule": "ip -j rule show",
    "route": "ip -j -4 route show table all",
    "neigh": "ip -j neigh show nud permanent",
    "qdisc": "tc -j qdisc show",
}
JSON = re.compile(r"\[")
"""The beginning of the line that a program of LAID prints."""
LINE = "; ".join(f"echo '= {name}'; {line}" for name, line in LAID.items())
SETTINGS = ("core/somaxconn", "ipv4/*", "ipv4/conf/all/*", "ipv4/conf/eth0/*")
KERNEL = f"grep -s '' {' '.join(f'/proc/sys/net/{each}' for each in SETTINGS)}"
USUAL = {"noqueue", "pfifo_fast", "fq_codel", "fq", "mq"}
"""Queues that a kernel makes by itself."""
BY_MEMORY = (
    *("/tcp_mem", "/tcp_rmem", "/tcp_wmem", "/udp_mem", "/inet_peer_threshold", "/tcp_ehash_entries"),
    *("/tcp_max_orphans", "/tcp_max_tw_buckets", "/tcp_max_syn_backlog", "/udp_hash_entries"),
)
"""Settings that a kernel makes by the memory that it has (tcp(7)): not all machines have the same."""
STARVED = 64
"""How many times less than others a machine has of these by no memory of its own."""
ELSEWHERE = ("/ip_local_port_range",)
"""Settings that another fact judges (limits)."""
SHUT = {"prohibit", "blackhole", "unreachable", "throw"}
TUNNEL = (6817, 61000)
"""Ports by which the batch system's tunnel has rules of its own (box/parts/batch)."""


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", LINE, ""))
    yield Want(node.name, ("tables",))
    yield from (Want(each.name, ("run", KERNEL, "")) for each in site.nodes)


def _barriers(case: Case) -> Iterator[Seen]:
    """No rule, route, queue or neighbour is there that a fresh node has not; the kernel is set as others'."""
    laid, tables, *_ = _wants(case.site, case.node)
    for kind, each in parts(case.view.got(laid)["said"]):
        found = FOREIGN[kind](case, each)
        if found:
            what, undo = found
            yield _seen(case, what, LAID[kind].replace(" -j", ""), json.dumps(each), undo)
    if named := case.view.got(tables):
        what = f"a packet filter of its own (table {' and '.join(named)})"
        yield _seen(case, what, "nft list tables", "\n".join(named), "")
    for name, value, usual in _strange(case):
        undo = f"sysctl -w {name}='{usual}'"
        yield _seen(case, f"{name} = {value}, and other nodes {usual}", f"sysctl {name}", value, undo)


def parts(said: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What ``LINE`` says: each thing that is laid, with its kind."""
    for part in ("\n" + said).split("\n= ")[1:]:
        kind, *lines = part.splitlines()
        # What a loader says before each program is none of it, nor that there is no such program.
        for line in filter(JSON.match, lines):
            yield from ((kind, each) for each in json.loads(line))


def seen(kind: str, told: dict[str, Any], what: str, *, remedy: str, steps: tuple[Step, ...] = ()) -> Seen:
    """One thing that is laid somewhere, and what shows it there."""
    return Seen(f"has {what}", LAID[kind].replace(" -j", ""), json.dumps(told), remedy=remedy, steps=steps)


def _seen(case: Case, what: str, probe: str, said: str, undo: str) -> Seen:
    node = case.here.name
    return Seen(
        f"has {what}",
        probe,
        said,
        remedy=f"`{undo}` on {node}" if undo else AGAIN,
        steps=(Step(node, undo),) if undo else (),
    )


def rule(_case: Case, told: dict[str, Any]) -> tuple[str, str] | None:
    """A rule of routing that nobody here made, in words, with what takes it away; None of the usual ones."""
    ours = told.get("table") in ("local", "main", "default") and told.get("src") == "all" and len(told) == 3
    if ours or told.get("dport_start") in TUNNEL or told.get("sport_start") in TUNNEL:
        return None
    # By all its words: a rule of the tunnel's may have the same number.
    does = told.get("action") or f"lookup {told.get('table', '')}"
    words = " ".join([*_selector(told), does])
    return f"a rule of routing ({words})", f"ip rule del pref {told['priority']} {words}"


def _selector(told: dict[str, Any]) -> Iterator[str]:
    """Which packets a rule is for, as ip-rule(8) takes it."""
    for word, key in (("from", "src"), ("to", "dst")):
        if key in told:
            yield f"{word} {told[key]}" + (f"/{told[key + 'len']}" if f"{key}len" in told else "")
    for key in ("iif", "oif", "fwmark", "ipproto", "sport", "dport", "uid"):
        if key in told:
            yield f"{key} {told[key]}"
        elif key == "uid" and "uid_start" in told:
            yield f"uidrange {told['uid_start']}-{told['uid_end']}"
        elif f"{key}_start" in told:
            yield f"{key} {told[f'{key}_start']}-{told[f'{key}_end']}"


def _route(case: Case, told: dict[str, Any]) -> tuple[str, str] | None:
    table, kind = told.get("table", "main"), told.get("type", "unicast")
    gateway = str(case.site.bridge.address)
    strange = {
        "local": told["dst"] not in (str(case.here.address), "127.0.0.1", "127.0.0.0/8")
        and not _own(case, told)
        and not _taken(case, told),
        "unicast": told.get("gateway", gateway) != gateway and told["dst"] != "default",
    }.get(kind, kind in SHUT)
    if not strange or table == str(TUNNEL[0]):
        return None
    words = f"{kind} {told['dst']}" + (f" dev {told['dev']}" if kind == "local" else "")
    if kind == "local":
        return (
            f"the address {told['dst']} on {told['dev']}",
            f"ip address del {told['dst']}/32 dev {told['dev']}",
        )
    return f"a route that leads astray ({words})", f"ip route del {words} table {table}"


def _own(case: Case, told: dict[str, Any]) -> bool:
    """Whether it is no address of the box: a container's or a bridge's of somebody there."""
    theirs = {str(each.address) for each in case.site.nodes} | {str(case.box.public_address)}
    return told["dst"].partition("/")[0] not in theirs | {str(case.site.bridge.address)}


def _taken(case: Case, told: dict[str, Any]) -> bool:
    """Whether it is another machine's of the box, on the card: that is said of the node's own addresses."""
    others = {str(each.address) for each in case.site.nodes} | {str(case.site.bridge.address)}
    return told["dst"] in others and told.get("dev") == "eth0"


def neighbour(_case: Case, told: dict[str, Any]) -> tuple[str, str] | None:
    """A neighbour that somebody told it of, in words, with what takes it away."""
    if "lladdr" not in told or told.get("dev") in ("lo", "batch"):
        return None
    what = f"a neighbour that it was told of by hand ({told['dst']} is {told['lladdr']})"
    return what, f"ip neigh del {told['dst']} dev {told['dev']}"


def queue(_case: Case, told: dict[str, Any]) -> tuple[str, str] | None:
    """A queue that no kernel makes by itself, in words, with what takes it away."""
    if told["kind"] in USUAL:
        return None
    root = "root" if told.get("root") else f"parent {told.get('parent', told['handle'])}"
    root = "ingress" if told["kind"] == "ingress" else root
    return f"a queue {told['kind']} on {told['dev']}", f"tc qdisc del dev {told['dev']} {root}"


FOREIGN = {"rule": rule, "route": _route, "neigh": neighbour, "qdisc": queue}


def _strange(case: Case) -> Iterator[tuple[str, str, str]]:
    """Settings of the kernel's network that differ from those of most nodes: name, value, and theirs.

    What runs by another hypervisor may have another kernel.
    """
    alike = [node for node in case.site.nodes if node.hypervisor == case.here.hypervisor]
    all_nodes = {node: _settings(case, node) for node in alike}
    if len([each for each in all_nodes.values() if each]) < 3:
        return  # no majority
    for path, value in all_nodes[case.here].items():
        counted = Counter(each[path] for each in all_nodes.values() if path in each)
        usual, many = counted.most_common(1)[0]
        if path.endswith(BY_MEMORY) and not _is_starved(value, usual):
            continue
        if value != usual and many > 1 and not path.endswith(ELSEWHERE):
            yield path.removeprefix("/proc/sys/").replace("/", "."), value, usual


def _is_starved(value: str, usual: str) -> bool:
    """Whether a number, or one of a few, is so much smaller than others' that it is set by hand."""
    return any(
        int(own) * STARVED < int(theirs) for own, theirs in zip(value.split(), usual.split(), strict=False)
    )


def _settings(case: Case, node: Node) -> dict[str, str]:
    try:
        said = case.view.got(Want(node.name, ("run", KERNEL, "")))["said"]
    except Unseen:
        return {}
    return {
        path: value for path, colon, value in (line.partition(":") for line in said.splitlines()) if colon
    }


FACTS = (
    Fact(
        name="barrier",
        between=True,
        roles=ALL,
        label="the network within {node}",
        wants=_wants,
        judge=_barriers,
        suspect=True,
        carries=(
            *("any:reach", "any:ways", "any:tunnelled", "any:door", "any:names", "path", "route", "address"),
            *("outbound", "any:ranges", "any:transfer", "any:job", "any:jobs", "any:match", "any:published"),
            *("*", "proxy", "any:login", "any:remote", "any:listed", "any:lookup", "any:stored", "runs"),
        ),
        told_by="NET-2",
        everywhere=True,
        means="packets of that node get lost on their way, or wait",
        remedy=AGAIN,
    ),
)
