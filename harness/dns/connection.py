"""Questions to one name server over one TCP connection, which may be opened in another network."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from harness.dns.errors import DnsError
from harness.dns.provider import Answer

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from types import TracebackType

    from harness.dns.provider import Connect

SECONDS = 5.0
"""How long a server may take for one answer, at least: half of what its socket has, which is longer where it
was connected at a slow place."""
_SETTLED = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


@dataclass(frozen=True)
class Server:
    """A name server, and what it is to us: ``authority`` or ``resolver``."""

    address: str
    part: str
    port: int = 53

    def __str__(self) -> str:
        return f"{self.part} {self.address}" + ("" if self.port == 53 else f":{self.port}")


class NameServerConnection:
    """A connection to a name server; a context manager.

    DNS over TCP carries any number of questions (RFC 7766).  Raises DnsError when the server can't be reached
    or does not answer.
    """

    def __init__(self, server: Server, connect: Connect) -> None:
        self.server = server
        self._seconds = SECONDS
        self._socket = self._open(connect)

    def _open(self, connect: Connect) -> socket.socket:
        try:
            made = connect(self.server.address, self.server.port)
        except OSError as error:
            raise self._silent(error) from error
        self._seconds = max(SECONDS, (made.gettimeout() or 0.0) / 2)
        made.setblocking(False)  # as dnspython wants it
        return made

    def _silent(self, error: Exception) -> DnsError:
        return DnsError(
            "the name server does not answer",
            where=str(self.server),
            why=str(error) or type(error).__name__,
            remedy="see that it runs and that TCP port 53 is open",
        )

    def __enter__(self) -> NameServerConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, message: dns.message.Message) -> dns.message.Message:
        """The reply to a message; TSIG errors of dnspython pass through."""
        try:
            return dns.query.tcp(message, self.server.address, timeout=self._seconds, sock=self._socket)
        except (OSError, EOFError, dns.exception.Timeout, dns.query.BadResponse) as error:
            raise self._silent(error) from error

    def ask(self, name: str, kind: dns.rdatatype.RdataType) -> dns.message.Message:
        """The reply to a question, even if it is that there is no such name.  Raises DnsError for others."""
        try:
            reply = self.send(dns.message.make_query(name, kind))
        except dns.exception.FormError as error:
            raise self._silent(error) from error
        if reply.rcode() not in _SETTLED:
            raise DnsError(
                f"the name server does not say where {name} is",
                where=str(self.server),
                why=dns.rcode.to_text(reply.rcode()),
                remedy="see whether it is meant to serve this domain",
            )
        return reply

    def addresses(self, name: str) -> tuple[IPv4Address, ...]:
        """IPv4 addresses of a name, in order; empty if it has none."""
        found = (
            IPv4Address(record.address)
            for rrset in self.ask(name, dns.rdatatype.A).answer
            if rrset.rdtype == dns.rdatatype.A
            for record in rrset
        )
        return tuple(sorted(found))


def answers(
    names: Sequence[str], expected: IPv4Address, server: Server, connect: Connect
) -> tuple[Answer, ...]:
    """What ``server`` says about each name; a server that fails gives answers with a problem."""
    try:
        with NameServerConnection(server, connect) as conversation:
            return tuple(_answer(conversation, name, expected) for name in names)
    except DnsError as error:
        return tuple(Answer(name, str(server), expected, problem=_brief(error)) for name in names)


def _answer(conversation: NameServerConnection, name: str, expected: IPv4Address) -> Answer:
    who = str(conversation.server)
    try:
        return Answer(name, who, expected, conversation.addresses(name))
    except DnsError as error:
        return Answer(name, who, expected, problem=_brief(error))


def _brief(error: DnsError) -> str:
    return f"{error.what}: {error.why}"
