"""The certificates a service shows in a TLS handshake, read without finishing it.

GSI is TLS with certificates on both sides, either on the bare connection (gatekeeper, vomsd) or in base64
within FTP (RFC 2228).  The server shows its own first, and up to TLS 1.2 in clear (RFC 5246, 7.4), so no
credential is needed.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator

from cryptography import x509

from harness.checks.reply import BadReply, read_exactly, read_line

_HANDSHAKE, _HEADER = 22, 5
_CERTIFICATE = 11

Read = Callable[[], bytes]


def on_connection(connection: socket.socket) -> list[x509.Certificate]:
    """Certificates of a service that speaks TLS from the first byte, its own first."""
    connection.sendall(client_hello())

    def read() -> bytes:
        header = read_exactly(connection, _HEADER)
        if header[0] != _HANDSHAKE or header[1] != 3:
            raise BadReply("a TLS handshake", header)
        return header + read_exactly(connection, int.from_bytes(header[3:5], "big"))

    return certificates(read)


def within_ftp(connection: socket.socket) -> list[x509.Certificate]:
    """Certificates of a GridFTP server, its own first."""
    greet_ftp(connection)
    _expect(connection, "AUTH GSSAPI", "334")
    hello = base64.b64encode(client_hello()).decode()
    answer = _expect(connection, f"ADAT {hello}", "335")
    flight = base64.b64decode(answer.partition("ADAT=")[2])
    rest = iter([flight])
    return certificates(lambda: next(rest, b""))


def greet_ftp(connection: socket.socket) -> str:
    """The banner of an FTP server."""
    return _reply(connection, "220")


def _expect(connection: socket.socket, command: str, code: str) -> str:
    connection.sendall(command.encode() + b"\r\n")
    return _reply(connection, code)


def _reply(connection: socket.socket, code: str) -> str:
    """The last line of a reply, which begins with its code and a blank (RFC 959, 4.2)."""
    while True:
        line = read_line(connection)
        if not line.startswith(code):
            raise BadReply(f"FTP's reply {code}", line.encode())
        if line[3:4] != "-":
            return line


def client_hello() -> bytes:
    """The first record of a client that knows nothing newer than TLS 1.2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    conversation = context.wrap_bio(incoming, outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        conversation.do_handshake()
    return outgoing.read()


def certificates(read: Read) -> list[x509.Certificate]:
    """Those of the Certificate message; ``read`` gives further records, or nothing when there are no more."""
    for kind, body in _messages(read):
        if kind == _CERTIFICATE:
            return [x509.load_der_x509_certificate(each) for each in _vectors(body[3:])]
    raise BadReply("a certificate", b"")


def _messages(read: Read) -> Iterator[tuple[int, bytes]]:
    """Handshake messages, put together from records."""
    records, content = b"", b""
    while True:
        piece = read()
        if not piece:
            return
        records += piece
        while len(records) >= _HEADER:
            end = _HEADER + int.from_bytes(records[3:5], "big")
            if records[0] != _HANDSHAKE:
                raise BadReply("a TLS handshake", records)
            if len(records) < end:
                break
            content, records = content + records[_HEADER:end], records[end:]
        while len(content) >= 4 and len(content) >= (end := 4 + int.from_bytes(content[1:4], "big")):
            yield content[0], content[4:end]
            content = content[end:]


def _vectors(body: bytes) -> Iterator[bytes]:
    while body:
        end = 3 + int.from_bytes(body[:3], "big")
        yield body[3:end]
        body = body[end:]
