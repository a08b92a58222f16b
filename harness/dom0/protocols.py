"""The first words of each protocol, as ``harness/dom0/talk.py`` says them.

A kernel accepts connections for a program that is frozen: what counts is an answer of the program itself.
A service's own certificate stands in clear in a handshake up to TLS 1.2 (RFC 5246, 7.4): no credential is
needed to read it, and the handshake is not ended.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator

SHOWN = 60
"""Bytes of a wrong answer that a message repeats."""
LONGEST = 1 << 20
Shown = list[str]


class BadReply(Exception):  # noqa: N818 - what it is
    """Something answered, but not what was expected."""

    def __init__(self, expected: str, seen: bytes) -> None:
        said = repr(seen[:SHOWN]) if seen else "nothing"
        super().__init__(f"expected {expected}, it said {said}")


def read_exactly(wire: socket.socket, size: int) -> bytes:
    """``size`` bytes; raises BadReply when the other side hangs up before, TimeoutError when it is silent."""
    got = b""
    while len(got) < size:
        piece = wire.recv(size - len(got))
        if not piece:
            raise BadReply(f"{size} bytes", got)
        got += piece
    return got


def read_line(wire: socket.socket) -> str:
    """One line without its end; raises as ``read_exactly``."""
    got = b""
    while not got.endswith(b"\n"):
        if len(got) > LONGEST:
            raise BadReply("a line", got)
        got += read_exactly(wire, 1)
    return got.decode(errors="replace").rstrip("\r\n")


def accept(_wire: socket.socket) -> Shown:
    """Whatever takes a connection."""
    return []


def line(wire: socket.socket) -> Shown:
    """Whatever says something by itself."""
    return [read_line(wire)]


def hangup(wire: socket.socket) -> Shown:
    """What says nothing to a stranger, as Slurm, but hangs up on one who hangs up."""
    wire.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ConnectionResetError):
        while wire.recv(LONGEST):
            pass
    return []


def ssh(wire: socket.socket) -> Shown:
    """The server's version (RFC 4253, 4.2)."""
    said = read_line(wire)
    if not said.startswith("SSH-2.0-"):
        raise BadReply("ssh", said.encode())
    return [said]


def ldap(wire: socket.socket) -> Shown:
    """A search for the root entry (RFC 4511, 4.5; RFC 4512, 5.1): one message that finds it."""
    search = bytes.fromhex("04000a01000a0100020101020102010100870b") + b"objectClass\x30\x05\x04\x031.1"
    message = b"\x02\x01\x01\x63" + bytes([len(search)]) + search
    wire.sendall(b"\x30" + bytes([len(message)]) + message)
    answer = read_exactly(wire, 6)
    # Its length takes one byte or more; the operation is an entry that was found (0x64).
    more = answer[1] & 0x7F if answer[1] & 0x80 else 0
    answer += read_exactly(wire, more)
    if answer[0] != 0x30 or answer[5 + more] != 0x64:
        raise BadReply("an entry of LDAP", answer)
    return []


def tls(wire: socket.socket) -> Shown:
    """The certificates of a service that speaks TLS from the first byte, its own first."""

    def records() -> Iterator[bytes]:
        wire.sendall(client_hello())
        while True:
            header = read_exactly(wire, 5)
            if header[0] != 22 or header[1] != 3:
                raise BadReply("a TLS handshake", header)
            yield header + read_exactly(wire, int.from_bytes(header[3:5], "big"))

    return certificates(records())


def gridftp(wire: socket.socket) -> Shown:
    """The certificates of a GridFTP server: the same, in base64 within FTP (RFC 2228)."""
    ftp(wire, "220")
    ftp(wire, "334", "AUTH GSSAPI")
    answer = ftp(wire, "335", f"ADAT {base64.b64encode(client_hello()).decode()}")
    return certificates(iter([base64.b64decode(answer.partition("ADAT=")[2])]))


def ftp(wire: socket.socket, code: str, command: str = "") -> str:
    """The last line of a reply, which begins with its code and a blank (RFC 959, 4.2)."""
    if command:
        wire.sendall(command.encode() + b"\r\n")
    while True:
        said = read_line(wire)
        if not said.startswith(code):
            raise BadReply(f"FTP's reply {code}", said.encode())
        if said[3:4] != "-":
            return said


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


def certificates(flights: Iterator[bytes]) -> Shown:
    """Those of the Certificate message; a flight is made of whole records, a message may need several."""
    content = b""
    for flight in flights:
        while flight:
            if flight[0] != 22:
                raise BadReply("a TLS handshake", flight)
            end = 5 + int.from_bytes(flight[3:5], "big")
            content, flight = content + flight[5:end], flight[end:]
        while len(content) >= 4 and len(content) >= (end := 4 + int.from_bytes(content[1:4], "big")):
            if content[0] == 11:
                return _chain(content[7:end])
            content = content[end:]
    raise BadReply("a certificate", b"")


def _chain(body: bytes) -> Shown:
    size = 3 + int.from_bytes(body[:3], "big")
    return [ssl.DER_cert_to_PEM_cert(body[3:size]), *_chain(body[size:])] if body else []


def xrootd(wire: socket.socket) -> Shown:
    """The certificates of an XRootD data server with grid security.

    Sources: "XRoot Protocol Version 5" (handshake, kXR_login, kXR_auth); XrdSecgsi and XrdSutBuffer for what
    is inside of kXR_auth: ``name NUL``, a step, then buckets of type, size and bytes, numbers big-endian.
    """
    wire.sendall(struct.pack("!5i", 0, 0, 0, 4, 2012))
    header = read_exactly(wire, 8)
    if struct.unpack("!HHI", header) != (0, 0, 8):
        raise BadReply("XRootD's handshake", header)
    _, server = struct.unpack("!2i", read_exactly(wire, 8))
    if server != 1:
        raise BadReply("an XRootD data server", f"type {server}".encode())
    _, offer = _ask_xrootd(wire, 3007, struct.pack("!i8sBBBB", 1, b"icebox\0\0", 0, 0, 5, 0))
    word = offer[16:].decode(errors="replace")
    if "&P=gsi" not in word:
        raise BadReply("XRootD's offer of grid security", word.encode())
    authorities = next((part[3:] for part in word.split(",") if part.startswith("ca:")), "").rstrip("\0")
    request = _certificate_request(authorities)
    status, answer = _ask_xrootd(wire, 3000, bytes(12) + b"gsi\0", request)
    shown = [content.decode() for kind, content in buckets(answer) if kind == 3022] if status == 4002 else []
    if not shown:
        raise BadReply("XRootD's certificate", answer)
    return shown


def _certificate_request(authorities: str) -> bytes:
    inner = _buffer((3006, b"gridbox0"))
    fields = ((3000, b"ssl"), (3014, struct.pack("!i", 10600)), (3023, authorities.encode()))
    return _buffer(*fields, (3019, struct.pack("!i", 0)), (3001, inner))


def _buffer(*fields: tuple[int, bytes]) -> bytes:
    content = b"".join(struct.pack("!ii", kind, len(text)) + text for kind, text in fields)
    return b"gsi\0" + struct.pack("!i", 1000) + content + struct.pack("!i", 0)


def buckets(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each bucket; raises BadReply for a message that is cut off."""
    at = message.find(b"\0") + 5
    while at + 4 <= len(message):
        (kind,) = struct.unpack_from("!i", message, at)
        if kind == 0:
            return
        if at + 8 > len(message):
            break
        (size,) = struct.unpack_from("!i", message, at + 4)
        if not 0 <= size <= len(message) - at - 8:
            break
        yield kind, message[at + 8 : at + 8 + size]
        at += 8 + size
    raise BadReply("XRootD's security buckets", message)


def _ask_xrootd(wire: socket.socket, request: int, body: bytes, data: bytes = b"") -> tuple[int, bytes]:
    wire.sendall(struct.pack("!HH", 1, request) + body + struct.pack("!i", len(data)) + data)
    _, status, size = struct.unpack("!HHI", read_exactly(wire, 8))
    if size > LONGEST:
        raise BadReply("an answer of XRootD", f"{size} bytes".encode())
    return status, read_exactly(wire, size)


TALKS: dict[str, Callable[[socket.socket], Shown]] = {
    each.__name__: each for each in (accept, line, hangup, ssh, ldap, tls, gridftp, xrootd)
}
