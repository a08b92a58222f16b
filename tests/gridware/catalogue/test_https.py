"""Answers of HTTP as the catalogue's connection reads them."""

import re
import socket

import pytest

from gridware.catalogue import names
from gridware.catalogue.https import AnswerError, Https

CHUNKS = b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n1\r\n}\r\n0\r\n\r\n"


class Open(Https):
    """A connection to a server that has said all it says, without TLS."""

    def __init__(self, answer: bytes) -> None:
        ours, self.server = socket.socketpair()
        self.server.sendall(answer)
        self.server.shutdown(socket.SHUT_WR)
        self._host = "rb.example.org:5010"
        self._stream = ours.makefile("rwb")
        ours.close()
        self.over = False


@pytest.mark.parametrize(
    ("answer", "told", "over"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1", (200, "OK", b"{}"), False),
        (b"HTTP/1.1 503 Busy\r\ncontent-length:0\r\nConnection: Close\r\n\r\n", (503, "Busy", b""), True),
        (CHUNKS, (200, "", b"{}"), False),
        (b"HTTP/1.1 200 OK\r\n\r\n{}", (200, "OK", b"{}"), True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", (200, "OK", b"{}"), True),
    ],
    ids=["length", "closing", "chunks", "to the end", "of 1.0"],
)  # fmt: skip
def test_an_answer_is_read_as_long_as_it_is(answer: bytes, told: tuple[int, str, bytes], over: bool) -> None:
    connection = Open(answer)
    assert connection.post("/1/stat", b'{"path": "/"}') == told
    assert connection.over is over
    asked = connection.server.recv(65536)
    assert asked.startswith(b"POST /1/stat HTTP/1.1\r\nHost: rb.example.org:5010\r\n")
    assert asked.endswith(b'Content-Length: 13\r\n\r\n{"path": "/"}')
    connection.close()
    connection.server.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", ConnectionResetError),
        (b"220 se GridFTP Server ready.\r\n", AnswerError),
        (b"HTTP/1.1 two OK\r\n\r\n", AnswerError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", AnswerError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", AnswerError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", AnswerError),
    ],
)
def test_what_is_no_answer_is_an_error(answer: bytes, error: type[OSError]) -> None:
    connection = Open(answer)
    with pytest.raises(error):
        connection.post("/1/stat", b"{}")
    connection.close()
    connection.server.close()


def test_guids_are_of_version_4_and_differ() -> None:
    made = {names.new_guid() for _ in range(50)}
    assert len(made) == 50
    form = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(form.fullmatch(each) for each in made)
