"""The public names of a box: the provider that follows the dom0's address, and moving it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from harness.box.box import Box
from harness.box.records import PublishedRecords
from harness.deadline import within
from harness.dns.connection import Server
from harness.dns.errors import DnsError
from harness.dns.kind import ProviderContext
from harness.dns.kinds import KINDS
from harness.dns.provider import Answer, Change, DnsProvider
from harness.dns.registry import make_provider
from harness.dns.reverse import ReverseNames
from harness.dns.server import start
from harness.dns.tether import Tether
from harness.dns.tsig import TsigKey
from harness.dns.zone import NameService
from harness.errors import InputError
from harness.pki.private import PrivateDirectory
from harness.site import DnsSettings, Site
from harness.site.addresses import NAME_SERVER, unfit_host

KEY_NAME = "icebox-dyn"
PUBLISHING = 120.0
"""Seconds for one provider; each of its questions has a shorter limit."""


def key_of(box: Box) -> TsigKey:
    """The key that signs updates of the box's embedded name service."""
    return TsigKey(KEY_NAME, box.secrets.tsig_key)


def serve(box: Box) -> None:
    """Start the embedded dynamic DNS service outside."""
    site = box.site
    # What name servers of the world are told is asked there, if there is a way.
    others = box.dom0.name_servers if KINDS.of(site.dns.provider).is_told_outside(site.dns) else ()
    service = NameService(site, NAME_SERVER, key_of(box), others=others, room=site.room_server)
    # It puts itself into the background.
    start(service, box.dom0.lasting(box.dom0.outside))


def provider_of(box: Box) -> DnsProvider:
    """The provider the site asks for; without a server of its own the embedded one is meant."""
    return make_provider(_settings(box), _surroundings(box))


def _surroundings(box: Box) -> ProviderContext:
    return ProviderContext(
        domain=box.site.domain,
        base=box.files.base,
        state=box.files.top,
        connect=box.dom0.open_socket,
        box=box.name,
        resolver=str(NAME_SERVER),
    )


def are_served_here(site: Site) -> bool:
    """Whether the name server is part of the box, and its records end with it."""
    return KINDS.of(site.dns.provider).is_the_boxes_own(site.dns)


def _settings(box: Box) -> DnsSettings:
    asked = box.site.dns
    return _embedded(box, asked.options) if are_served_here(box.site) else asked


def _embedded(box: Box, options: tuple[tuple[str, str], ...] = ()) -> DnsSettings:
    """The box's own name service."""
    directory = PrivateDirectory(box.files.secrets)
    # Read before the lock is taken: to open the box's secrets takes the same one.
    stanza = key_of(box).stanza.encode()
    # Parallel checks ask for it at the same time.
    with directory.locked():
        key_file = directory.write("tsig.key", stanza)
    embedded = {"server": str(NAME_SERVER), "key_file": str(key_file)}
    return DnsSettings("rfc2136", (*options, *embedded.items()))


def reverse_of(box: Box) -> ReverseNames:
    """The names of addresses; whoever lends the box its address keeps them, so the outside does."""
    return ReverseNames(Server(str(NAME_SERVER), "name service"), key_of(box), box.dom0.open_socket)


def reverse_name(site: Site) -> str:
    """The name of the public address: five nodes share it, and it can have one name only, so it is the CE's.

    docs/decisions.md says which clients ask for it.
    """
    return site.ce.fqdn


def names_of(box: Box) -> list[str]:
    return [node.fqdn for node in box.site.nodes]


def publish(box: Box, gone: IPv4Address | None = None) -> tuple[Change, ...]:
    """Point all names at the dom0's address and see that authority and resolver say so; raises DnsError.

    The address gets its reverse name, and ``gone``, the one before, loses it.
    """
    provider, address = provider_of(box), box.public_address
    reverse_of(box).point(address, reverse_name(box.site), gone)
    with Tether(box.dom0.open_socket) as tether:
        changes = within(
            box.dom0.longer(PUBLISHING),
            "the names to be published",
            lambda: _update(box, tether, address),
            where=provider.title,
        )
    wrong = [answer for answer in provider.verify(names_of(box), address) if not answer.good]
    if wrong:
        raise DnsError(
            "the names do not lead to the box",
            where=provider.title,
            why="; ".join(str(answer) for answer in wrong),
            remedy="wait for the records' time to live, then "
            f"`./icebox move --box {box.name} --address {address}`",
        )
    return changes


def _update(box: Box, tether: Tether, address: IPv4Address) -> tuple[Change, ...]:
    names, around = names_of(box), replace(_surroundings(box), connect=tether.connect)
    provider = make_provider(_settings(box), around)
    if are_served_here(box.site):
        return provider.update(names, address)
    if not KINDS.of(box.site.dns.provider).heard_inside:
        # No service starts without its own name: inside, the box's own tells it.
        make_provider(_embedded(box), around).update(names, address)
    books = PublishedRecords(box.ledger, provider.title, box.site.dns, around)
    changes = provider.update(names, address, tether.sending(books.note))
    books.settle(names, address)
    return changes


def renew(box: Box) -> None:
    """Publish the names anew if they have ceased to lead to the box while it stood still; raises DnsError.

    Its own name server stood still with it.
    """
    if not are_served_here(box.site) and not all(each.good for each in answers(box)):
        publish(box)


def answers(box: Box) -> tuple[Answer, ...]:
    """What authority and resolver say of each name now."""
    return provider_of(box).verify(names_of(box), box.public_address)


def move(box: Box, address: IPv4Address) -> tuple[Change, ...]:
    """Give the dom0 another public address and have the names follow; no node is touched."""
    old = box.public_address
    inside = address in box.site.bridge.network
    if why := unfit_host(address) or (inside and f"{address} lies in the box's private network"):
        raise InputError(
            f"{address} can't be the public address",
            where="--address",
            why=why,
            remedy="name another, for example 198.51.100.7",
        )
    box.dom0.move(address)
    box.files.keep_address(address)
    return publish(box, old)
