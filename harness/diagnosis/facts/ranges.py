"""Facts of ranges of ports: files and answers of jobs come to them, wherever one is free just now."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.fact import DOM0, Case, Fact, Seen, Want
from harness.diagnosis.facts.network import AGAIN
from harness.site import Node, Role, Site
from harness.site.portrow import PortRow

FREE = 0.1
"""Share of a range of ports from which on it is enough for a school."""


def _rows(site: Site, node: Node | None) -> list[PortRow]:
    return [row for row in site.ports if row.first != row.last and node and row.address == node.address]


def _range_wants(site: Site, node: Node | None) -> Iterator[Want]:
    """The ends of each range of ports, as the dom0 and the UI come to it."""
    rows = _rows(site, node)
    if node and rows:
        ends = [port for row in rows for port in (row.first, row.last)]
        behind = [row.target_of(port) for row in rows for port in (row.first, row.last)]
        yield Want(DOM0, ("reach", [[str(rows[0].address), port] for port in behind]))
        yield Want(site.ui.name, ("reach", [[str(site.public_address), port] for port in ends]))
        yield Want(node.name, ("listeners",))


def _ranges(case: Case) -> Iterator[Seen]:
    """What comes to a range of ports is answered, if only by a refusal, and not one program has all of it."""
    yield from _taken(case)
    for place, want in zip(("the dom0", "the UI"), _range_wants(case.site, case.node), strict=False):
        silent = [there for there, why in case.view.got(want).items() if why == "no answer"]
        if silent:
            host, _, port = silent[0].rpartition(":")
            yield Seen(
                f"is not reached at port {port} of its range from {place}",
                f"nc -zvw2 {host} {port}",
                "\n".join(silent),
            )
            return


def _taken(case: Case) -> Iterator[Seen]:
    """Of a range of ports enough are free for whoever comes next; many may have some of them."""
    listening: dict[str, list[dict[str, Any]]] = case.view.got(Want(case.here.name, ("listeners",)))
    for row in _rows(case.site, case.node):
        own = [row.target_of(port) for port in range(row.first, row.last + 1)]
        held = [listening[str(port)][0]["who"] for port in own if listening.get(str(port))]
        if len(own) - len(held) > len(own) * FREE:
            continue
        who, many = Counter(held).most_common(1)[0]
        process = re.search(r"\[(\d+)\]", who)
        yield Seen(
            f"has {len(own) - len(held)} of its ports {own[0]}-{own[-1]} free: {who} holds {many}",
            f"ss -tlnp 'sport >= :{own[0]} and sport <= :{own[-1]}'",
            "\n".join(f"{each}: {number}" for each, number in Counter(held).most_common()),
            degraded=len(held) < len(own),
            remedy=f"`kill {process[1]}` on {case.here} ends that program" if process else "",
        )


FACTS = (
    Fact(
        name="ranges",
        between=True,
        roles=(Role.CE, Role.SE, Role.RB, Role.UI),
        label="{node}",
        wants=_range_wants,
        judge=_ranges,
        needs=("reach",),
        carries=("transfer", "any:jobs"),
        told_by="NET-4",
        everywhere=True,
        means="files and job output get lost halfway: their connections come to a range of ports",
        remedy="`nft list ruleset` on the dom0 shows where ports lead; " + AGAIN,
    ),
)
