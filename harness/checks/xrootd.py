"""The first words of XRootD's protocol: enough to see who answers, and with which certificate.

Sources: "XRoot Protocol Version 5" (handshake, kXR_login, kXR_auth); XrdSecgsi and XrdSutBuffer for what is
inside of kXR_auth: ``name NUL``, a step, then buckets of type, size and bytes, all numbers big-endian.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from cryptography import x509

from harness.checks.reply import BadReply, read_exactly

_HANDSHAKE = struct.pack("!5i", 0, 0, 0, 4, 2012)
_AUTH, _LOGIN = 3000, 3007
_AUTHMORE = 4002
_CERTIFICATE_REQUEST = 1000
_NONE, _CRYPTO_MODULE, _MAIN, _RANDOM_TAG, _VERSION = 0, 3000, 3001, 3006, 3014
_CLIENT_OPTIONS, _CERTIFICATE, _ISSUER_HASH = 3019, 3022, 3023
_SERVER_TYPE = 1
_LONGEST = 1 << 20


def greet(connection: socket.socket) -> None:
    """Exchange the handshake; raises BadReply when something else than a data server answers."""
    connection.sendall(_HANDSHAKE)
    header = read_exactly(connection, 8)
    stream, status, size = struct.unpack("!HHI", header)
    if (stream, status, size) != (0, 0, 8):
        raise BadReply("XRootD's handshake", header)
    _, kind = struct.unpack("!2i", read_exactly(connection, 8))
    if kind != _SERVER_TYPE:
        raise BadReply("an XRootD data server", f"type {kind}".encode())


def certificate(connection: socket.socket) -> list[x509.Certificate]:
    """The certificates a server with grid security shows, its own first; ends the conversation there."""
    greet(connection)
    login = struct.pack("!i8sBBBB", 1, b"icebox\0\0", 0, 0, 5, 0)
    _, offer = _ask(connection, _LOGIN, login)
    word = offer[16:].decode(errors="replace")
    if "&P=gsi" not in word:
        raise BadReply("XRootD's offer of grid security", word.encode())
    authorities = next((part[3:] for part in word.split(",") if part.startswith("ca:")), "").rstrip("\0")
    status, answer = _ask(connection, _AUTH, bytes(12) + b"gsi\0", _certificate_request(authorities))
    if status != _AUTHMORE:
        raise BadReply("XRootD's certificate", answer)
    for kind, content in buckets(answer):
        if kind == _CERTIFICATE:
            return x509.load_pem_x509_certificates(content)
    raise BadReply("XRootD's certificate", answer)


def _certificate_request(authorities: str) -> bytes:
    inner = _buffer(_bucket(_RANDOM_TAG, b"gridbox0"))
    return _buffer(
        _bucket(_CRYPTO_MODULE, b"ssl"),
        _bucket(_VERSION, struct.pack("!i", 10600)),
        _bucket(_ISSUER_HASH, authorities.encode()),
        _bucket(_CLIENT_OPTIONS, struct.pack("!i", 0)),
        _bucket(_MAIN, inner),
    )


def _buffer(*content: bytes) -> bytes:
    return b"gsi\0" + struct.pack("!i", _CERTIFICATE_REQUEST) + b"".join(content) + struct.pack("!i", _NONE)


def _bucket(kind: int, content: bytes) -> bytes:
    return struct.pack("!ii", kind, len(content)) + content


def buckets(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each bucket; raises BadReply for a message that is cut off."""
    at = message.find(b"\0") + 5
    while at + 4 <= len(message):
        (kind,) = struct.unpack_from("!i", message, at)
        if kind == _NONE:
            return
        if at + 8 > len(message):
            break
        (size,) = struct.unpack_from("!i", message, at + 4)
        if not 0 <= size <= len(message) - at - 8:
            break
        yield kind, message[at + 8 : at + 8 + size]
        at += 8 + size
    raise BadReply("XRootD's security buckets", message)


def _ask(connection: socket.socket, request: int, body: bytes, data: bytes = b"") -> tuple[int, bytes]:
    connection.sendall(struct.pack("!HH", 1, request) + body + struct.pack("!i", len(data)) + data)
    _, status, size = struct.unpack("!HHI", read_exactly(connection, 8))
    if size > _LONGEST:
        raise BadReply("an answer of XRootD", f"{size} bytes".encode())
    return status, read_exactly(connection, size)
