"""Show a certificate to a service and print what the service itself says to it.

Grid clients refuse a bad credential of their own before a server ever sees it.  This one checks nothing, so
that the answer is the server's.  It is typed at a student's machine, as
``python3 - KIND HOST PORT CERT,KEY[,CIPHERS] …`` with this file as its standard input, and needs nothing but
Python there.  Each certificate that is to be shown has a connection, and a line of what is printed.

KIND is ``tls`` (gatekeeper, vomsd), ``gridftp`` (TLS in ADAT commands, RFC 2228) or ``xrootd`` (TLS once the
server was asked for it).  TLS 1.2, since there the server has judged the client before the handshake ends.
CIPHERS are the only suites offered (ciphers(1)), whatever is to be said against them.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

ACCEPTED = "accepted"
PATIENCE = 60.0
"""Seconds for each answer."""
PROTOCOL, VERSION = 3006, 0x511
"""kXR_protocol, and the version that asks."""
ABLE_TLS, WANT_TLS, LOGIN, GO_TO_TLS = 2, 4, 3, 0x40000000
"""What the client can, what it wants, that a login follows; and the server's flag that TLS begins."""
LARGEST = 1 << 16
LAST_LINE = re.compile(rb"^\d{3} ")


def context(certificate: str, key: str, ciphers: str = "") -> ssl.SSLContext:
    """TLS with a client certificate and no opinion on the server's."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    if ciphers:
        made.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    made.load_cert_chain(certificate, key)
    return made


def shake(session: ssl.SSLContext, exchange: Callable[[bytes], bytes]) -> str:
    """Do the handshake, sending by ``exchange``, which returns the answer; return what it came to."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = session.wrap_bio(incoming, outgoing)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            incoming.write(exchange(outgoing.read()))
        except ssl.SSLError as error:
            return str(error)
        else:
            return ACCEPTED


def over_tls(wire: socket.socket, session: ssl.SSLContext) -> str:
    def exchange(data: bytes) -> bytes:
        wire.sendall(data)
        answer = wire.recv(65536)
        if not answer:
            raise ConnectionError("the server closed the connection without a word")
        return answer

    return shake(session, exchange)


def over_gridftp(wire: socket.socket, session: ssl.SSLContext) -> str:
    stream = wire.makefile("rb")

    def command(line: bytes) -> bytes:
        wire.sendall(line + b"\r\n")
        return reply(stream)

    def exchange(data: bytes) -> bytes:
        answer = command(b"ADAT " + base64.b64encode(data))
        _, found, token = answer.partition(b"ADAT=")
        if not found:
            raise ConnectionError(answer.decode(errors="replace"))
        return base64.b64decode(token.split()[0])

    reply(stream)
    command(b"AUTH GSSAPI")
    return shake(session, exchange)


def over_xrootd(wire: socket.socket, session: ssl.SSLContext) -> str:
    """XRootD's handshake, then kXR_protocol with the wish for TLS ("XRoot Protocol Version 5")."""
    stream = wire.makefile("rb")
    wire.sendall(struct.pack("!5i", 0, 0, 0, 4, 2012))
    wire.sendall(struct.pack("!HHiBB10xi", 1, PROTOCOL, VERSION, ABLE_TLS | WANT_TLS, LOGIN, 0))
    _answer(stream)
    _, flags = struct.unpack_from("!II", _answer(stream))
    if not flags & GO_TO_TLS:
        raise ConnectionError("the server does not turn to TLS")
    return over_tls(wire, session)


def _answer(stream: BinaryIO) -> bytes:
    """What stands in an answer of XRootD behind its head; those asked for here have eight bytes or more."""
    head = stream.read(8)
    size = struct.unpack("!HHI", head)[2] if len(head) == 8 else 0
    answer = stream.read(min(size, LARGEST))
    if len(answer) < 8:
        raise ConnectionError("the server does not speak XRootD, or hung up")
    return answer


def reply(stream: BinaryIO) -> bytes:
    """An FTP reply with all its lines (RFC 959, 4.2)."""
    lines = [stream.readline()]
    while lines[-1] and not LAST_LINE.match(lines[-1]):
        lines.append(stream.readline())
    return b"".join(lines)


def main(kind: str, host: str, port: str, *shown: str) -> None:
    for words in shown:
        print(" ".join(_shown(kind, host, int(port), *words.split(",")).split()))


def _shown(kind: str, host: str, port: int, certificate: str, key: str, ciphers: str = "") -> str:
    """What the service says to a certificate."""
    talk = {"tls": over_tls, "gridftp": over_gridftp, "xrootd": over_xrootd}[kind]
    session = context(certificate, key, ciphers)
    try:
        with socket.create_connection((host, port), PATIENCE) as wire:
            return talk(wire, session)
    except OSError as error:
        return str(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
