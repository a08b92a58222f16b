"""A fake name server on loopback, with the names it is told."""

import contextlib
import socketserver
from collections.abc import Iterator
from typing import Self

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from harness.dns.connection import Server
from tests import servers


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.setblocking(False)
        fake: FakeDns = self.server.fake  # type: ignore[attr-defined]
        # The client closes when it has no more questions.
        with contextlib.suppress(EOFError, OSError):
            while True:
                question, _ = dns.query.receive_tcp(self.request)
                dns.query.send_tcp(self.request, fake.reply(question))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class FakeDns:
    """Answers from ``records``: (name, type) to a list of texts; any other name does not exist."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.refuse = False
        self.questions: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self  # type: ignore[attr-defined]

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def server(self, part: str = "authority") -> Server:
        return Server("127.0.0.1", part, self.port)

    def point(self, name: str, *addresses: str) -> None:
        self.records[name, "A"] = list(addresses)

    def reply(self, question: dns.message.Message) -> dns.message.Message:
        (asked,) = question.question
        name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
        self.questions.append(f"{name} {kind}")
        reply = dns.message.make_response(question)
        texts = self.records.get((name, kind), [])
        if self.refuse:
            reply.set_rcode(dns.rcode.REFUSED)
        elif texts:
            reply.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, texts))
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        with servers.running(self._server):
            yield self
