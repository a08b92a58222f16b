"""Facts of the ways out of a node: it reaches the public ports of others that its programs go to."""

from __future__ import annotations

from collections.abc import Iterator

from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.diagnosis.facts import ports
from harness.diagnosis.facts.programs import TYPED, account_of
from harness.services.registry import at_port
from harness.site import Node, Role, Site
from harness.site.portrow import PortRow

GOES = {
    Role.UI: (Role.CE, Role.SE, Role.RB),
    Role.WN: (Role.SE, Role.RB),
    Role.CE: (Role.SE, Role.RB),
    Role.SE: (Role.RB,),
    Role.RB: (Role.CE, Role.SE),
}
"""Whose services are used from where, in jobs as well: by their public names, as everybody does."""


def rows(site: Site, node: Node) -> list[PortRow]:
    """Single ports of the public address that lead to where a node goes, and back to itself."""
    theirs = {each.address for each in site.nodes if each.role in GOES[node.role] or each == node}
    return [row for row in site.ports if row.first == row.last and row.address in theirs]


def out_of(site: Site, node: Node) -> Want:
    """A look from a node at those ports."""
    return Want(node.name, ("reach", [[str(site.public_address), row.first] for row in rows(site, node)]))


def as_typed(site: Site, node: Node) -> Want:
    """The same look by who types there, or whose jobs run there: rules may go by that."""
    return Want(node.name, (*out_of(site, node).words, account_of(site, node)))


def others_get(case: Case, row: PortRow, but: Node) -> bool:
    """Whether another node gets an answer at that port."""
    public = f"{case.site.public_address}:{row.first}"
    for node in case.site.nodes:
        if node != but and row in rows(case.site, node):
            try:
                if not case.view.got(out_of(case.site, node))[public]:
                    return True
            except Unseen:
                continue
    return False


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield from (out_of(site, each) for each in site.nodes)
    if node.role in TYPED:
        yield as_typed(site, node)
    for other in (each for each in site.nodes if node in ports.users(site, each)):
        yield from (ports.come(place, other) for place in ports.places(site, other))


def _ways(case: Case) -> Iterator[Seen]:
    """Where others get by a public port, it gets, too."""
    node, site = case.here, case.site
    found = case.view.got(out_of(site, node))
    nodes = {each.address: each for each in site.nodes}
    closed: dict[str, str] = {}
    for row in rows(site, node):
        why = found[f"{site.public_address}:{row.first}"]
        if why and others_get(case, row, node):
            service = at_port(nodes[row.address].role, row.target)
            closed[f"port {row.first} of the public address"] = (
                f"{service.title if service else 'it'} on {nodes[row.address]}: {why}"
            )
    closed |= _near(case)
    if not closed and node.role in TYPED:
        yield from _of_account(case, found)
    if closed:
        where, first = next(iter(closed.items()))
        more = f", and {len(closed) - 1} more ports" if len(closed) > 1 else ""
        yield Seen(
            f"does not get to {where}, where others do ({first}){more}",
            f"nc -zvw2 {where.rpartition(' of ')[2]} {where.split()[1]}".replace(
                "the public address", str(site.public_address)
            ),
            "\n".join(f"{where}: {why}" for where, why in closed.items()),
        )


def _of_account(case: Case, found: dict[str, str]) -> Iterator[Seen]:
    """Where root gets, who types there gets, too."""
    node, account = case.here, account_of(case.site, case.here)
    own = case.view.got(as_typed(case.site, node))
    closed = {place: why for place, why in own.items() if why and not found[place]}
    if closed:
        host, _, port = next(iter(closed)).rpartition(":")
        more = f", and {len(closed) - 1} more ports" if len(closed) > 1 else ""
        yield Seen(
            f"lets {account} get to no port {port} of the public address, where root does "
            f"({closed[f'{host}:{port}']}){more}",
            f"su - {account} -c 'nc -zvw2 {host} {port}'",
            "\n".join(f"{place}: {why}" for place, why in closed.items()),
        )


def _near(case: Case) -> dict[str, str]:
    """Ports of other nodes that it alone does not reach."""
    found = {}
    for other in (each for each in case.site.nodes if case.here in ports.users(case.site, each)):
        places = [each for each in ports.places(case.site, other) if each != case.here.name]
        for port in (port for port in ports.ports(other) if port not in ports.BATCH):
            why = ports.why_closed(case, case.here.name, other, port)
            if why and not any(ports.why_closed(case, each, other, port) for each in places):
                found[f"port {port} of {other.address}"] = f"{other}: {why}"
    return found


FACTS = (
    Fact(
        name="ways",
        between=True,
        roles=tuple(Role),
        label="{node}",
        wants=_wants,
        judge=_ways,
        needs=("route", "outbound"),
        carries=("*", "proxy", "student", "any:jobs", "any:job", "match"),
        told_by="NET-3",
        everywhere=True,
        means="commands and jobs there wait for services that everybody else reaches",
        remedy="what keeps it in is a packet filter in its network, or a route: `ip route` on {node}; "
        "./icebox stop --box {box}, then ./icebox start --box {box}, lays its network anew",
    ),
)
