"""Facts of names and times: what each name leads to, what a node calls itself, what its clock says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import mode
from typing import Any

from harness.checks import clock
from harness.diagnosis.fact import OUTSIDE, Case, Fact, Seen, Unseen, Want
from harness.diagnosis.facts.network import AGAIN, ALL
from harness.diagnosis.finding import Step
from harness.site import Node, Site

HOSTS = "/etc/hosts"
SERVERS = "/etc/resolv.conf"
ALSO = {"::1"}
"""What a machine's own name may lead to besides; other addresses of IPv6 lead nowhere: a box has none."""
ZONE = ("zone",)
DNS_REMEDY = "`./icebox move --address {public}` has the provider told again, and says what it answers"


def _name_wants(site: Site, node: Node | None) -> Iterator[Want]:
    place = node.name if node else OUTSIDE
    yield Want(place, ("names", list(_right(site, node, ""))))
    if node:
        yield Want(place, ("servers", SERVERS))
    else:
        yield Want(place, ("files", [HOSTS], True))


def _right(site: Site, node: Node | None, public: str) -> dict[str, str]:
    """What each name should lead to: on nodes also the short ones, by which they call each other."""
    found = dict.fromkeys((each.fqdn for each in site.nodes), public)
    near = {each.name: str(each.address) for each in site.nodes}
    return found | near | {"localhost": "127.0.0.1"} if node else found


def _names(case: Case) -> Iterator[Seen]:
    """Every public name leads to the public address, and a node's neighbours are found by short ones."""
    first, second = _name_wants(case.site, case.node)
    asked = case.view.got(first)
    right = _right(case.site, case.node, str(case.box.public_address))
    wrong = {host: answers for host, answers in asked.items() if {*answers} - ALSO != {right[host]}}
    if not wrong:
        yield from _dumb(case, second)
        return
    host, answers = next(iter(wrong.items()))
    silent = all(each.startswith("!") for each in answers)
    if silent:
        what = f"can't find {_few(wrong)}: {answers[0][1:]}"
    else:
        what = f"takes {host} for {' and '.join(answers)}, not for {right[host]}"
    said = "\n".join(f"{host} {' '.join(answers)}" for host, answers in wrong.items())
    own = [] if case.node else [host for host in wrong if _stands(host, case.view.got(second))]
    if own:
        # What a laptop's own file says, no name service is asked for.
        cut = "; ".join(f"/\\b{re.escape(host)}\\b/d" for host in own)
        # Written in place: in a container it may be mounted.
        line = f"sed '{cut}' {HOSTS} >/tmp/hosts && cat /tmp/hosts >{HOSTS}"
        remedy = f"`{line}` on the laptop, whose own {HOSTS} has {own[0]}"
    else:
        remedy = "" if case.node or silent else DNS_REMEDY
    yield Seen(what, f"getent ahosts {host}", said, remedy=remedy)


def _dumb(case: Case, want: Want) -> Iterator[Seen]:
    """Each name server that a node was told of answers: one that does not is waited for, at each question."""
    for server, why in case.view.got(want).items() if case.node else ():
        if why:
            yield Seen(
                f"asks the name server {server}, which gives it {why}: names are found late",
                f"cat {SERVERS}; getent ahosts {case.here.fqdn}",
                f"{server}: {why}",
                degraded=True,
            )


def _stands(host: str, book: dict[str, dict[str, Any]]) -> bool:
    """Whether a file of hosts(5) names it."""
    lines = (line.partition("#")[0].split() for line in book.get(HOSTS, {}).get("text", "").splitlines())
    return any(host in words[1:] for words in lines)


def _few(wrong: dict[str, Any]) -> str:
    first = next(iter(wrong))
    return first if len(wrong) == 1 else f"{first} and {len(wrong) - 1} more names"


def _clock_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("now",))
    yield from (Want(each.name, ZONE) for each in site.nodes)


def _clock(case: Case) -> Iterator[Seen]:
    ahead = case.view.got(Want(case.here.name, ("now",))) - case.view.at
    off = abs(ahead) - case.view.doubt
    if off > clock.WARNING:
        word = "ahead" if ahead > 0 else "behind"
        yield Seen(f"is {abs(ahead):.0f} s {word}", "date", degraded=off <= clock.LIMIT)
    yield from _zone(case)


def _zone(case: Case) -> Iterator[Seen]:
    """Logs of one job are read side by side: all nodes have the zone that most have."""
    zones = {node.name: _got(case, Want(node.name, ZONE)) for node in case.site.nodes}
    usual = mode(zone for zone in zones.values() if zone)
    own = zones[case.here.name]
    if own and own != usual:
        fix = "ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime"
        yield Seen(
            f"has the time zone {own}, and those of other nodes {usual}",
            "date +%z",
            own,
            degraded=True,
            remedy=f"`{fix}` on {case.here}, and start its services again",
            steps=(Step(case.here.name, fix),) if usual == "+0000" else (),
        )


def _got(case: Case, want: Want) -> str:
    try:
        return str(case.view.got(want))
    except Unseen:
        return ""


def _hostname_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("hostname",))


def _hostname(case: Case) -> Iterator[Seen]:
    """The node calls itself by its full name, by which its services look for their own certificates."""
    said = str(case.view.got(Want(case.here.name, ("hostname",))))
    if said != case.here.fqdn:
        yield Seen(f"calls itself {said or 'nothing'}, not {case.here.fqdn}", "hostname", said)


FACTS = (
    Fact(
        name="dns",
        between=True,
        roles=(),
        label="who asks from outside",
        wants=_name_wants,
        judge=_names,
        carries=("names", "door"),
        told_by="DNS-1",
        means="nobody finds the box by its names",
        remedy=AGAIN,
    ),
    Fact(
        name="names",
        between=True,
        roles=ALL,
        label="{node}",
        wants=_name_wants,
        judge=_names,
        needs=("dns", "route"),
        # Many services look for the names of who comes to them before they say a word.
        carries=("*", "proxy", "login", "transfer", "match", "published"),
        means="commands typed there find no server",
        remedy="`./icebox restore {node} /etc/resolv.conf /etc/hosts /etc/nsswitch.conf`",
    ),
    Fact(
        name="clock",
        roles=ALL,
        label="the clock of {node}",
        wants=_clock_wants,
        judge=_clock,
        carries=("*", "student", "proxy", "login", "transfer"),
        told_by="TIME-1",
        means="certificates and proxies are not valid there",
        remedy=clock.REMEDY,
    ),
    Fact(
        name="hostname",
        plain=True,
        roles=ALL,
        label="{node}",
        wants=_hostname_wants,
        judge=_hostname,
        # What is sent to a student comes to his machine by the name that it gives itself.
        carries=("login", "transfer", "proxy", "any:job", "any:jobs", "any:match", "published"),
        means="job managers and information providers don't find themselves: error code 3",
        remedy="`./icebox restore {node} /etc/hostname`, then `hostname -F /etc/hostname` there",
        mends=("hostname -F /etc/hostname",),
    ),
)
