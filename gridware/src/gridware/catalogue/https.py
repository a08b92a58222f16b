"""One HTTPS connection, as far as the catalogue needs it: POST, and the answer (RFC 9112).

The library's own client brings mail along, which takes a command as long to load as all else.
"""

from __future__ import annotations

from gridware import tls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

LONGEST_LINE = 65536
MOST = 1 << 30
"""Bytes of an answer."""
OK, UNAVAILABLE = 200, 503


class AnswerError(OSError):
    """What came is no answer of HTTP."""


class Https:
    """A connection that is open; raises OSError and tls.TLSError as sockets do."""

    def __init__(self, host: str, port: int, trust: tls.Context, connecting: float, answer: float) -> None:
        """``connecting`` and ``answer`` are the most seconds for each."""
        self._host = f"{host}:{port}"
        self._stream: BinaryIO = tls.connect(host, port, trust, connecting, answer)
        self.over = False
        """Whether the other side ends it after the last answer."""

    def post(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Ask; status, reason and content of the answer.  Raises ConnectionResetError if none began."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Accept-Encoding: identity\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._stream.write(head.encode() + body)
        self._stream.flush()
        status, reason = self._status()
        fields = self._fields()
        self.over = self.over or fields.get("connection", "").lower() == "close"
        return status, reason, self._content(fields)

    def close(self) -> None:
        self._stream.close()

    def _status(self) -> tuple[int, str]:
        line = self._stream.readline(LONGEST_LINE)
        if not line:
            raise ConnectionResetError("the connection ended before an answer")
        version, _, rest = line.decode("latin-1").strip().partition(" ")
        number, _, reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not number.isdecimal():
            raise AnswerError("what answers there does not speak HTTP")
        self.over = version == "HTTP/1.0"
        return int(number), reason

    def _fields(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while line := self._stream.readline(LONGEST_LINE).strip():
            name, _, value = line.decode("latin-1").partition(":")
            found[name.strip().lower()] = value.strip()
        return found

    def _content(self, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        length = fields.get("content-length", "")
        if length.isdecimal():
            return self._exactly(int(length))
        self.over = True
        return self._stream.read(MOST)

    def _chunk(self) -> bytes:
        size = self._stream.readline(LONGEST_LINE).partition(b";")[0].strip()
        try:
            found = self._exactly(int(size, 16))
        except ValueError:
            raise AnswerError("the answer is cut into no chunks of HTTP") from None
        self._stream.readline(LONGEST_LINE)
        return found

    def _exactly(self, count: int) -> bytes:
        if count > MOST:
            raise AnswerError("the answer is too long")
        found = self._stream.read(count)
        if len(found) != count:
            raise AnswerError("the answer was cut short")
        return found
