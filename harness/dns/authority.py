"""Finding the name server that has the last word about a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.name
import dns.rdatatype

from harness.dns.connection import NameServerConnection, Server
from harness.dns.errors import DnsError

if TYPE_CHECKING:
    from harness.dns.provider import Connect


def find(name: str, resolver: Server, connect: Connect) -> Server:
    """The first authoritative server of the zone that ``name`` lies in, as ``resolver`` knows it.

    Raises DnsError if there is none.
    """
    with NameServerConnection(resolver, connect) as conversation:
        zone = dns.name.from_text(name)
        while zone != dns.name.root:
            for host in _name_servers(conversation, zone):
                for address in conversation.addresses(host):
                    return Server(str(address), "authority")
            zone = zone.parent()
    raise DnsError(
        f"no name server has the last word about {name}",
        where=str(resolver),
        why="it knows no NS record of the name or of any domain above it",
        remedy="see that the domain exists, or name its server with `authority` in [dns]",
    )


def _name_servers(conversation: NameServerConnection, zone: dns.name.Name) -> list[str]:
    reply = conversation.ask(zone.to_text(), dns.rdatatype.NS)
    return sorted(
        record.target.to_text()
        for rrset in reply.answer
        if rrset.rdtype == dns.rdatatype.NS
        for record in rrset
    )
