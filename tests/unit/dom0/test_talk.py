"""The first words of each protocol, spoken with servers of our own."""

import base64
import json
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from harness.dom0 import protocols, talk
from harness.dom0.place import Place
from harness.dom0.protocols import BadReply
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


def subject(shown: list[str]) -> str:
    """Whom the first certificate is for."""
    own = x509.load_pem_x509_certificate(shown[0].encode())
    return str(own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_certificate_of_tls_without_one_of_ours(
    context: ssl.SSLContext, serve: Callable[[Talk], socket.socket]
) -> None:
    def speak(there: socket.socket) -> None:
        # The real fd of the pair is closed by the wrapper.
        context.wrap_socket(there, server_side=True).close()

    shown = protocols.tls(serve(speak))
    assert subject(shown) == FQDN


def test_certificate_within_ftp(context: ssl.SSLContext, serve: Callable[[Talk], socket.socket]) -> None:
    def speak(there: socket.socket) -> None:
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

    shown = protocols.gridftp(serve(speak))
    assert subject(shown) == FQDN


@pytest.mark.parametrize("ask", [protocols.tls, protocols.gridftp, protocols.xrootd])
def test_another_service_is_told(
    ask: Callable[[socket.socket], object], serve: Callable[[Talk], socket.socket]
) -> None:
    def speak(there: socket.socket) -> None:
        there.sendall(b"SSH-2.0-OpenSSH_10.0p2 Debian-7\r\n")
        there.recv(4096)

    with pytest.raises(BadReply, match="it said b'SSH-2"):
        ask(serve(speak))


def test_hang_up_is_told(serve: Callable[[Talk], socket.socket]) -> None:
    with pytest.raises(BadReply, match="it said nothing"):
        protocols.ftp(serve(lambda there: None), "220")


def test_messages_may_be_cut_anywhere(context: ssl.SSLContext) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(protocols.client_hello())
    with suppress(ssl.SSLWantReadError):
        server.do_handshake()
    flight, content = outgoing.read(), b""
    while flight:
        end = 5 + int.from_bytes(flight[3:5], "big")
        content, flight = content + flight[5:end], flight[end:]
    pieces = [content[at : at + 7] for at in range(0, len(content), 7)]
    records = [b"\x16\x03\x03" + len(piece).to_bytes(2, "big") + piece for piece in pieces]
    assert subject(protocols.certificates(iter(records))) == FQDN
    assert subject(protocols.certificates(iter([b"".join(records)]))) == FQDN


def test_alert_is_no_certificate() -> None:
    with pytest.raises(BadReply, match="a TLS handshake"):
        protocols.certificates(iter([b"\x15\x03\x03\x00\x02\x02\x28"]))


def test_xrootd_buckets() -> None:
    message = b"gsi\0" + struct.pack("!i", 2000)
    message += struct.pack("!ii", 3022, 3) + b"PEM" + struct.pack("!ii", 3004, 0) + struct.pack("!i", 0)
    assert list(protocols.buckets(message)) == [(3022, b"PEM"), (3004, b"")]


@pytest.mark.parametrize("size", [4, -1, 1 << 30])
def test_xrootd_bucket_that_is_cut_off(size: int) -> None:
    message = b"gsi\0" + struct.pack("!i", 2000) + struct.pack("!ii", 3022, size) + b"PEM"
    with pytest.raises(BadReply):
        list(protocols.buckets(message))


def test_xrootd_handshake_of_a_manager_is_no_data_server(
    serve: Callable[[Talk], socket.socket],
) -> None:
    def speak(there: socket.socket) -> None:
        there.recv(20)
        there.sendall(struct.pack("!HHI2i", 0, 0, 8, 0x511, 0))

    with pytest.raises(BadReply, match="data server"):
        protocols.xrootd(serve(speak))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority.open(tmp_path / "pki", days=7)
    made.issue_all([FQDN], [])
    return made


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        (bytes.fromhex("300a02010164050400300000"), True),
        (bytes.fromhex("30840000000a02010164050400300000"), True),
        # The directory is there, and has no root entry: done, and nothing found.
        (bytes.fromhex("300c02010165070a010004000400"), False),
        (b"SSH-2.0-OpenSSH_10.0p2\r\n", False),
    ],
)
def test_a_directory_shows_its_root(
    answer: bytes, good: bool, serve: Callable[[Talk], socket.socket]
) -> None:
    def speak(there: socket.socket) -> None:
        asked = there.recv(4096)
        assert asked[0] == 0x30
        assert len(asked) == 2 + asked[1], "the length of the question is wrong"
        there.sendall(answer)

    if good:
        assert protocols.ldap(serve(speak)) == []
    else:
        with pytest.raises(BadReply, match="an entry of LDAP"):
            protocols.ldap(serve(speak))


def test_who_says_nothing_hangs_up_on_who_hangs_up(serve: Callable[[Talk], socket.socket]) -> None:
    assert protocols.hangup(serve(lambda there: there.recv(1) and None)) == []


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def spoken(*kinds: str, port: int, each: float = 0.3, until: float = 0.0) -> list[str]:
    """What the program, on its own, finds wrong."""
    targets = json.dumps([[kind, "127.0.0.1", port] for kind in kinds])
    words = Place.python(Path(talk.__file__), targets, str(each), str(until))
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    return [json.loads(line)[0] for line in ran.stdout.splitlines()]


def test_a_frozen_program_does_not_answer_though_its_kernel_accepts(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    silent = "it takes the connection, and says nothing within 0.3 s"
    assert spoken("accept", *(kinds := sorted(protocols.TALKS.keys() - {"accept"})), port=port) == [
        "",
        *[silent] * len(kinds),
    ]


def test_seconds_that_a_busy_machine_got_are_told_in_three_digits(listener: socket.socket) -> None:
    [told] = spoken("ssh", port=listener.getsockname()[1], each=0.3139978)
    assert told == "it takes the connection, and says nothing within 0.314 s"


def test_one_that_dribbles_is_not_waited_for(listener: socket.socket) -> None:
    over = threading.Event()

    def dribble() -> None:
        with listener.accept()[0] as there, suppress(OSError):
            while not over.wait(0.1):
                there.sendall(b"x")

    thread = threading.Thread(target=dribble)
    thread.start()
    try:
        assert spoken("line", port=listener.getsockname()[1]) == ["it has not answered within 0.3 s"]
    finally:
        over.set()
        thread.join()


def test_one_that_is_down_is_asked_again_until_it_answers() -> None:
    with socket.socket() as late:
        late.bind(("127.0.0.1", 0))
        port = late.getsockname()[1]
        assert spoken("accept", port=port) == ["the connection is refused"]
        timer = threading.Timer(0.3, late.listen)
        timer.start()
        assert spoken("accept", port=port, until=30) == [""]
        timer.join()
