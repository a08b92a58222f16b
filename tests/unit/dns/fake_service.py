"""A fake dyndns2 service on loopback: says what it is told to, and keeps what it was asked."""

import base64
import contextlib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests import servers


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    hosts: list[str]
    address: str
    credentials: str
    agent: str
    host: str
    offline: bool = False


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        fake: FakeService = self.server.fake  # type: ignore[attr-defined]
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        basic = self.headers["Authorization"].removeprefix("Basic ")
        fake.asked.append(
            Asked(
                url.path,
                query["hostname"][0].split(","),
                query["myip"][0],
                base64.b64decode(basic).decode(),
                self.headers["User-Agent"],
                self.headers["Host"],
                query.get("offline") == ["YES"],
            )
        )
        body = (fake.judge(fake.asked[-1]) if fake.judge else fake.body).encode()
        self.send_response(fake.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Keep the test's output clean."""


class FakeService:
    """Replies with ``status`` and ``body`` to everything, or with what ``judge`` makes of a request.

    It listens at ``address``, in the network in which ``inside`` has its socket made.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        address: str = "127.0.0.1",
        inside: Callable[[Callable[[], ThreadingHTTPServer]], ThreadingHTTPServer] = lambda make: make(),
    ) -> None:
        self.status, self.body = 200, ""
        self.asked: list[Asked] = []
        self.judge: Callable[[Asked], str] | None = None
        self._server = inside(lambda: ThreadingHTTPServer((address, 0), _Handler))
        self._server.fake = self  # type: ignore[attr-defined]
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        with servers.running(self._server):
            yield self
