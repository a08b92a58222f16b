"""What was given up can't speak any more, wherever it stands."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from harness.deadline import within
from harness.dns.tether import Tether
from harness.errors import SilentError

PATIENCE = 60.0


@pytest.fixture
def far() -> Iterator[list[socket.socket]]:
    """The other ends of the connections that ``near`` makes."""
    ends: list[socket.socket] = []
    yield ends
    for end in ends:
        end.close()


def connector(far: list[socket.socket]):  # type: ignore[no-untyped-def]
    def connect(_host: str, _port: int) -> socket.socket:
        near, other = socket.socketpair()
        far.append(other)
        return near

    return connect


def test_what_waits_for_an_answer_ends_and_can_send_nothing(far: list[socket.socket]) -> None:
    ended = threading.Event()
    late: list[BaseException] = []
    tether = Tether(connector(far))

    def publish() -> None:
        line = tether.connect("dns.example.org", 53)
        line.settimeout(PATIENCE)
        try:
            line.sendall(b"question")
            line.recv(1)  # no answer comes
            line.sendall(b"publish")
        except OSError as error:
            late.append(error)
        finally:
            line.close()
            ended.set()

    with pytest.raises(SilentError), tether:
        within(0.2, "the names", publish)
    assert ended.wait(PATIENCE)
    far[0].settimeout(PATIENCE)
    assert far[0].recv(100) == b"question"
    assert far[0].recv(100) == b""
    assert late


def test_one_that_comes_late_to_its_connection_gets_none(far: list[socket.socket]) -> None:
    begun, go = threading.Event(), threading.Event()
    near = connector(far)

    def slow(host: str, port: int) -> socket.socket:
        begun.set()
        assert go.wait(PATIENCE)
        return near(host, port)  # type: ignore[no-any-return]

    tether = Tether(slow)
    outcome: list[object] = []

    def publish() -> None:
        try:
            outcome.append(tether.connect("dns.example.org", 53))
        except OSError as error:
            outcome.append(error)

    worker = threading.Thread(target=publish)
    with tether:
        worker.start()
        assert begun.wait(PATIENCE)
    go.set()
    worker.join(PATIENCE)
    assert isinstance(outcome[0], OSError)
    far[0].settimeout(PATIENCE)
    assert far[0].recv(1) == b""


def test_tls_takes_no_connection_out_of_reach(far: list[socket.socket]) -> None:
    with Tether(connector(far)) as tether:
        plain = tether.connect("dns.example.org", 443)
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(plain, server_hostname="dns.example.org", do_handshake_on_connect=False)
        assert plain.fileno() == -1
    far[0].settimeout(PATIENCE)
    assert far[0].recv(1) == b""
    wrapped.close()


def test_nothing_is_announced_afterwards(far: list[socket.socket]) -> None:
    tether = Tether(connector(far))
    told: list[object] = []
    hook = tether.sending(told.append)
    hook(())
    with tether:
        hook(())
    with pytest.raises(OSError, match="given up"):
        hook(())
    with pytest.raises(OSError, match="given up"):
        tether.connect("dns.example.org", 53)
    assert told == [(), ()]
    assert not far
