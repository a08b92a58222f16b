"""The first words of TLS, FTP and XRootD, spoken with servers of our own."""

import base64
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from harness.checks import tls, xrootd
from harness.checks.reply import BadReply
from harness.pki.authority import Authority

FQDN = "xencenode.sytes.net"
Talk = Callable[[socket.socket], None]


@pytest.fixture
def context(authority: Authority, tmp_path: Path) -> ssl.SSLContext:
    credential = authority.host(FQDN)
    path = tmp_path / "host.pem"
    path.write_bytes(credential.cert_pem + credential.key_pem)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    made.load_verify_locations(cadata=authority.cert_pem.decode())
    made.verify_mode = ssl.CERT_REQUIRED
    return made


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], socket.socket]]:
    """Connects to a server that does one talk."""
    threads: list[threading.Thread] = []
    ours: list[socket.socket] = []

    def start(talk: Talk) -> socket.socket:
        here, there = socket.socketpair()
        for each in (here, there):
            each.settimeout(10)

        def run() -> None:
            with closing(there), suppress(OSError):
                talk(there)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        ours.append(here)
        return here

    yield start
    for each in ours:
        each.close()
    for thread in threads:
        thread.join()


def test_certificate_of_tls_without_one_of_ours(
    context: ssl.SSLContext, serve: Callable[[Talk], socket.socket]
) -> None:
    def talk(there: socket.socket) -> None:
        # The real fd of the pair is closed by the wrapper.
        context.wrap_socket(there, server_side=True).close()

    shown = tls.on_connection(serve(talk))
    assert shown[0].subject.rfc4514_string().startswith(f"CN={FQDN}")


def test_certificate_within_ftp(context: ssl.SSLContext, serve: Callable[[Talk], socket.socket]) -> None:
    def talk(there: socket.socket) -> None:
        file = there.makefile("rw", newline="\r\n")

        def say(line: str) -> None:
            file.write(line + "\n")
            file.flush()

        say("220-a word before")
        say("220 xencenode GridFTP Server ready.")
        assert file.readline().strip() == "AUTH GSSAPI"
        say("334 Using authentication type; ADAT must follow")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(base64.b64decode(file.readline().removeprefix("ADAT ")))
        with suppress(ssl.SSLWantReadError):
            server.do_handshake()
        say("335 ADAT=" + base64.b64encode(outgoing.read()).decode())

    shown = tls.within_ftp(serve(talk))
    assert shown[0].subject.rfc4514_string().startswith(f"CN={FQDN}")


@pytest.mark.parametrize("ask", [tls.on_connection, tls.within_ftp, xrootd.certificate])
def test_another_service_is_told(
    ask: Callable[[socket.socket], object], serve: Callable[[Talk], socket.socket]
) -> None:
    def talk(there: socket.socket) -> None:
        there.sendall(b"SSH-2.0-OpenSSH_10.0p2 Debian-7\r\n")
        there.recv(4096)

    with pytest.raises(BadReply, match="it said b'SSH-2"):
        ask(serve(talk))


def test_hang_up_is_told(serve: Callable[[Talk], socket.socket]) -> None:
    with pytest.raises(BadReply, match="it said nothing"):
        tls.greet_ftp(serve(lambda there: None))


def test_records_may_be_cut_anywhere(context: ssl.SSLContext) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(tls.client_hello())
    with suppress(ssl.SSLWantReadError):
        server.do_handshake()
    flight = outgoing.read()
    pieces = iter([flight[at : at + 7] for at in range(0, len(flight), 7)])
    assert tls.certificates(lambda: next(pieces, b""))[0].subject.rfc4514_string().startswith(f"CN={FQDN}")


def test_alert_is_no_certificate() -> None:
    with pytest.raises(BadReply, match="a TLS handshake"):
        tls.certificates(lambda: b"\x15\x03\x03\x00\x02\x02\x28")


def test_xrootd_buckets() -> None:
    message = b"gsi\0" + struct.pack("!i", 2000)
    message += struct.pack("!ii", 3022, 3) + b"PEM" + struct.pack("!ii", 3004, 0) + struct.pack("!i", 0)
    assert list(xrootd.buckets(message)) == [(3022, b"PEM"), (3004, b"")]


@pytest.mark.parametrize("size", [4, -1, 1 << 30])
def test_xrootd_bucket_that_is_cut_off(size: int) -> None:
    message = b"gsi\0" + struct.pack("!i", 2000) + struct.pack("!ii", 3022, size) + b"PEM"
    with pytest.raises(BadReply):
        list(xrootd.buckets(message))


def test_xrootd_handshake_of_a_manager_is_no_data_server(
    serve: Callable[[Talk], socket.socket],
) -> None:
    def talk(there: socket.socket) -> None:
        there.recv(20)
        there.sendall(struct.pack("!HHI2i", 0, 0, 8, 0x511, 0))

    with pytest.raises(BadReply, match="data server"):
        xrootd.greet(serve(talk))
