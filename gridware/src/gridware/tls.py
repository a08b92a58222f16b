"""A client's TLS connection, by the modules that the library's ``socket`` and ``ssl`` stand on.

Those two make a dozen enumerations, and a name is looked up with the tables of all alphabets: half of what a
command took that asks one question.
"""

from __future__ import annotations

import _socket
import _ssl
import io

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

CHUNK = 1 << 18
"""Bytes that are read or written at once."""
TLS_1_2: int = _ssl.PROTO_TLSv1_2
CRL_CHECK_CHAIN: int = _ssl.VERIFY_CRL_CHECK_CHAIN
TLSError = _ssl.SSLError
UntrustedError = _ssl.SSLCertVerificationError
NoSuchHostError = _socket.gaierror
Context = _ssl._SSLContext


def context() -> Context:
    """For a client: servers are verified, their names too; it trusts nobody yet."""
    return Context(_ssl.PROTOCOL_TLS_CLIENT)


def connect(host: str, port: int, trust: Context, connecting: float, answer: float) -> BinaryIO:
    """A stream to read and write; ``connecting`` and ``answer`` are the most seconds for each.

    Raises OSError as sockets do, a TLSError among them if the two don't trust each other.
    """
    plain = dial(host, port, connecting)
    try:
        # Questions are flushed as a whole, and the answer is waited for.
        plain.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        made = _Raw(plain, trust._wrap_socket(plain, False, host))  # type: ignore[attr-defined]
        made.talk.do_handshake()
        plain.settimeout(answer)
    except BaseException:
        plain.close()
        raise
    return io.BufferedRWPair(made, made, CHUNK)  # type: ignore[return-value]


def dial(host: str, port: int, seconds: float) -> _socket.socket:
    """The first of a host's addresses that takes a connection."""
    failed: OSError | None = None
    # As bytes: a text would be taken for a name in any alphabet.
    for kind, way, protocol, _name, address in _socket.getaddrinfo(
        host.encode("ascii", "replace"), port, 0, _socket.SOCK_STREAM
    ):
        tried = _Socket(kind, way, protocol)
        try:
            tried.settimeout(seconds)
            tried.connect(address)
            return tried
        except OSError as error:
            tried.close()
            failed = error
    raise failed or OSError(f"{host} has no address")


class _Socket(_socket.socket):
    """One that TLS can refer to."""

    __slots__ = ("__weakref__",)


class _Raw(io.RawIOBase):
    """A connection without a buffer."""

    def __init__(self, plain: _socket.socket, talk: Any) -> None:
        self.plain, self.talk = plain, talk

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return int(self.talk.read(len(buffer), buffer))
        except _ssl.SSLEOFError:  # who ends without TLS' good-bye has ended
            return 0

    def write(self, data: Any) -> int:
        return int(self.talk.write(data))

    def close(self) -> None:
        super().close()
        self.plain.close()
