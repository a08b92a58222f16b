"""Facts of the machine outside: nothing lies in the way of what it says to the box, and hears of it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.diagnosis.fact import OUTSIDE, Case, Fact, Seen, Want
from harness.diagnosis.facts.barriers import LINE, SHUT, neighbour, parts, queue, rule, seen
from harness.site import Node, Site


def _wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(OUTSIDE, ("run", LINE, ""))


def _beyond(case: Case) -> Iterator[Seen]:
    """On the laptop outside no rule, route, queue or neighbour is laid in the way of the box's packets."""
    for kind, told in parts(case.view.got(next(_wants(case.site, None)))["said"]):
        if kind == "route":
            shut = told.get("type", "") in SHUT
            words = f"{told.get('type')} {told['dst']}"
            found = (f"a route that leads astray ({words})", f"ip route del {words}") if shut else None
        else:
            found = {"rule": rule, "neigh": neighbour, "qdisc": queue}[kind](case, told)
        if found:
            what, undo = found
            yield seen(kind, told, what, remedy=f"`{undo}` on the laptop")


FACTS = (
    Fact(
        name="beyond",
        between=True,
        roles=(),
        label="the network of the laptop outside",
        wants=_wants,
        judge=_beyond,
        suspect=True,
        carries=("door", "dns", "outbound"),
        told_by="NET-4",
        means="who sits there does not get to the box, which itself is well",
        remedy="`ip rule; ip route; tc qdisc` on the laptop shows what is in the way",
    ),
)
