"""DNS UPDATE (RFC 2136), signed with TSIG: for name servers of one's own, and the embedded one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from harness.dns.connection import NameServerConnection, Server, answers
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.provider import Change, unnoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

    from harness.dns.provider import Answer, Connect, Record, Sending
    from harness.dns.tsig import TsigKey

TTL = 60
"""Seconds a resolver may keep an address: as long as a move may stay unnoticed."""

_TSIG_REMEDIES: dict[type[dns.tsig.PeerError], str] = {
    dns.tsig.PeerBadKey: "see that the server has a key of this name",
    dns.tsig.PeerBadSignature: "see that the server has the same secret and algorithm under this name",
    dns.tsig.PeerBadTime: "set the clock: dom0 and server must agree within 5 minutes",
}
_RCODE_REMEDIES = {
    dns.rcode.REFUSED: "let the server's update-policy grant the key these names",
    dns.rcode.NOTAUTH: "see that the server is the primary of the zone and knows the key",
    dns.rcode.NOTZONE: "see that every name lies in the zone",
}


@dataclass(frozen=True)
class Rfc2136Provider:
    """Updates ``zone`` at its primary server; ``resolver`` is asked beside it when verifying."""

    zone: str
    authority: Server
    key: TsigKey
    connect: Connect
    resolver: Server | None = None
    ttl: int = TTL

    @property
    def title(self) -> str:
        return f"DNS update of {self.zone} at {self.authority.address}"

    def update(
        self, names: Sequence[str], address: IPv4Address, sending: Sending = unnoted
    ) -> tuple[Change, ...]:
        """All stale names in one message, so that they move together or not at all."""
        self._check_names(names)
        with NameServerConnection(self.authority, self.connect) as conversation:
            seen = {name: conversation.addresses(name) for name in names}
            changes = tuple(
                Change(name, before, address) for name, before in seen.items() if before != (address,)
            )
            if changes:
                sending(changes)
                self.send(conversation, self._message(changes))
        return changes

    def withdraw(self, records: Sequence[Record]) -> tuple[str, ...]:
        """Each record by its name, type and value (RFC 2136, 2.5.4): other addresses of the name stay."""
        message = self.empty()
        for record in records:
            message.delete(dns.name.from_text(record.name), dns.rdatatype.A, str(record.address))
        with NameServerConnection(self.authority, self.connect) as conversation:
            self.send(conversation, message)
        return ()

    def verify(self, names: Sequence[str], address: IPv4Address) -> tuple[Answer, ...]:
        servers = filter(None, (self.authority, self.resolver))
        return tuple(answer for server in servers for answer in answers(names, address, server, self.connect))

    def _check_names(self, names: Sequence[str]) -> None:
        zone = dns.name.from_text(self.zone)
        strangers = [name for name in names if not dns.name.from_text(name).is_subdomain(zone)]
        if strangers:
            raise DnsRefusedError(
                f"not in the zone {self.zone}: {', '.join(strangers)}",
                where="[dns] of the site file",
                remedy="name the zone that has the site's domain, with `zone`",
            )

    def empty(self) -> dns.update.UpdateMessage:
        """A signed update of the zone that changes nothing yet."""
        return dns.update.UpdateMessage(self.zone, keyring=self.key.for_messages())

    def _message(self, changes: Sequence[Change]) -> dns.update.UpdateMessage:
        message = self.empty()
        for change in changes:
            message.replace(dns.name.from_text(change.name), self.ttl, dns.rdatatype.A, str(change.after))
        return message

    def send(self, conversation: NameServerConnection, message: dns.update.UpdateMessage) -> None:
        """Have the update done; raises DnsError or DnsRefusedError if it was not, or can't be known to be."""
        try:
            reply = conversation.send(message)
        except dns.tsig.PeerError as error:
            raise self._denied(str(error), _TSIG_REMEDIES.get(type(error), "")) from error
        # dnspython finds a bare reply to a signed message malformed.
        except (dns.tsig.BadSignature, dns.tsig.BadTime, dns.tsig.BadKey, dns.exception.FormError) as error:
            raise self._unproven(str(error)) from error
        if reply.rcode() != dns.rcode.NOERROR:
            code = dns.rcode.to_text(reply.rcode())
            raise self._denied(f"it answered {code}", _RCODE_REMEDIES.get(reply.rcode(), "see its log"))
        if not reply.had_tsig:
            raise self._unproven("its reply is not signed")

    def _denied(self, why: str, remedy: str) -> DnsRefusedError:
        return DnsRefusedError(
            f"the name server takes no update of {self.zone} signed with the key {self.key.name}",
            where=str(self.authority),
            why=why,
            remedy=remedy,
        )

    def _unproven(self, why: str) -> DnsError:
        return DnsError(
            "the reply to the update may not be the name server's",
            where=str(self.authority),
            why=why,
            remedy="see that the server has the same key, and that nothing stands between",
        )
