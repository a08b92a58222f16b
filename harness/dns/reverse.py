"""The name of an address: PTR records (RFC 1035, 3.5), at a server that takes signed updates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.name
import dns.rdatatype
import dns.reversename

from harness.dns.connection import NameServerConnection, Server
from harness.dns.rfc2136 import Rfc2136Provider

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.dns.provider import Connect
    from harness.dns.tsig import TsigKey

ZONE = "in-addr.arpa"


@dataclass(frozen=True)
class ReverseNames:
    """Names of addresses, as ``authority`` keeps them."""

    authority: Server
    key: TsigKey
    connect: Connect

    def point(self, address: IPv4Address, name: str, gone: IPv4Address | None = None) -> None:
        """Call ``address`` by ``name`` alone, and ``gone`` by none, if it is another; raises DnsError."""
        updates = Rfc2136Provider(ZONE, self.authority, self.key, self.connect)
        message = updates.empty()
        if gone is not None and gone != address:
            message.delete(_owner(gone), dns.rdatatype.PTR)
        target = dns.name.from_text(name).to_text()
        message.replace(_owner(address), updates.ttl, dns.rdatatype.PTR, target)
        with NameServerConnection(self.authority, self.connect) as conversation:
            updates.send(conversation, message)

    def names(self, address: IPv4Address) -> list[str]:
        """What ``address`` is called, without the final dot; raises DnsError if there is no answer."""
        with NameServerConnection(self.authority, self.connect) as conversation:
            reply = conversation.ask(_owner(address).to_text(), dns.rdatatype.PTR)
        return sorted(
            record.target.to_text(omit_final_dot=True)
            for rrset in reply.answer
            if rrset.rdtype == dns.rdatatype.PTR
            for record in rrset
        )


def _owner(address: IPv4Address) -> dns.name.Name:
    return dns.reversename.from_address(str(address))
