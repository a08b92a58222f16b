"""What this machine's network must be like before a box is opened to it; asked before anything is made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address

from harness.dom0 import foreign, hostpolicy, standing
from harness.dom0.hostnet import HostNetwork
from harness.dom0.lan import LINK, forwarding, of_machine
from harness.dom0.listeners import Listener, listeners
from harness.errors import HostError
from harness.ledger import Entry, LaterLedgerError, Ledger, boxes
from harness.network.beside import Attachment
from harness.site import Site
from harness.site.ports import DNS_PORT

MOST_TOLD = 5


def check(site: Site, names: IPv4Address | None, *, seen: Site | None = None, aside: str = "") -> None:
    """Raises HostError for the first thing that would stop the site's box.

    ``names`` is who answers laptops that ask for names, if anybody does.  ``seen`` is the site as it is from
    here, where it is behind a cable, and ``aside`` the interface to the outside, where that is beside this
    machine.
    """
    network = HostNetwork.read()
    entrances = network.entrances(site.expose)
    for entrance in entrances:
        network.address_of(entrance)
    seen = seen or site
    made = [seen.bridge.name, *([aside] if aside else [])]
    _check_alone(network, made)
    _check_overlap(site, network)
    addresses = network.addresses_of(entrances)
    _check_ports(site, addresses)
    if names:
        _check_name_port(addresses)
    if not site.own_clock:
        hostpolicy.check_clock()
    hostpolicy.check_forwarding(forwarding(entrance.device) for entrance in entrances)
    hostpolicy.check_managers(made)
    foreign.check(seen, network, Attachment(entrances, aside, names=names))


def _check_alone(network: HostNetwork, names: Sequence[str]) -> None:
    """Nobody has interfaces of these names; those of a dead box are removed before another one is made."""
    ours = {(entry.key, entry.details.get("address")): box for box, entry in _links()}
    for name in names:
        if name not in network.macs:
            continue
        box = ours.get((name, network.macs[name]))
        if any(each.key == name for each in of_machine().of_kind(LINK)):
            raise HostError(
                f"this machine has an interface {name!r} already, for machines that are started by hand",
                where=f"ip link show dev {name}",
                why="network-gridbox has made it",
                remedy="shut these machines down, then ./icebox network-gridbox stop --box NAME",
            )
        if box is None:
            raise HostError(
                f"this machine has an interface {name!r} already, which no box has made",
                where=f"ip link show dev {name}",
                why="what others send through it would come to the box",
                remedy="name another bridge in [network] of the site file, or remove it if nobody needs it",
            )
        if standing.is_up(box, Ledger(box)):
            raise HostError(
                f"the box {box!r} is in this machine's network already",
                where=f"ip link show dev {name}",
                why="there can be one such box on a machine; of the embedded kind there can be many",
                remedy=f"stop it first: ./icebox stop --box {box}",
            )


def _links() -> Iterator[tuple[str, Entry]]:
    """Every interface that a box has made, dead or alive."""
    for box in boxes():
        with contextlib.suppress(LaterLedgerError):
            yield from ((box, entry) for entry in Ledger(box).of_kind(LINK))


def _check_overlap(site: Site, network: HostNetwork) -> None:
    private = site.bridge.network
    ours = {entry.key for _, entry in _links()}
    if taken := network.without(ours).overlapping(private):
        free = network.free_network(private)
        raise HostError(
            f"the box's private network {private} is in use around this machine",
            where="[network] of the site file",
            why=f"{taken}; the nodes could not reach what is there, nor be told from it",
            remedy=f'give the box another one, by a line in [network]: instead = "{free}"',
        )


def _check_ports(site: Site, addresses: Sequence[IPv4Address]) -> None:
    taken = {str(each) for each in _met(listeners(), addresses) if site.ports.find(each.port)}
    if taken:
        more = f"; and {len(taken) - MOST_TOLD} more" if len(taken) > MOST_TOLD else ""
        raise HostError(
            f"services of this machine hold {len(taken)} of the box's ports",
            where=site.port_table_name,
            why="; ".join(sorted(taken)[:MOST_TOLD]) + more,
            remedy="stop them, or give these rows of the port table other host ports",
        )


def _check_name_port(addresses: Sequence[IPv4Address]) -> None:
    all_of_them = (*listeners(), *listeners("udp"))
    taken = {str(each) for each in _met(all_of_them, addresses) if each.port == DNS_PORT}
    if taken:
        raise HostError(
            "a name server of this machine answers the room already",
            where="resolver in [dom0] of the site file",
            why="; ".join(sorted(taken)),
            remedy='stop it, or take out `resolver = "room"`: laptops then get the names in hosts files',
        )


def _met(held: Iterable[Listener], addresses: Sequence[IPv4Address]) -> Iterator[Listener]:
    """Those that others meet where the box is opened."""
    return (each for each in held if any(map(each.is_met_at, addresses)))
