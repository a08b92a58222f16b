"""The GRAM client without manners: what it sends, and where an answer ends."""

import pytest

from harness.probes import gramquery

ANSWER = b"protocol-version: 2\r\nstatus: 2\r\nfailure-code: 0\r\n\0"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-globus-gram\r\nContent-Length: %d\r\n\r\n" % len(
    ANSWER
)


class Line:
    """A connection on which an answer comes in pieces; then the other end hangs up."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = [*pieces, b""]

    def recv(self, _: int) -> bytes:
        return self.pieces.pop(0)


def test_a_question_says_how_long_it_is() -> None:
    head, _, body = gramquery.message("ce.example.org", "/1/2/", "status").partition(b"\r\n\r\n")
    assert head.startswith(b"POST /1/2/ HTTP/1.1\r\nHost: ce.example.org\r\n")
    assert head.endswith(b"Content-Length: %d" % len(body))
    assert body == b'protocol-version: 2\r\n"status"\r\n\0'


@pytest.mark.parametrize("cut", [0, 10, len(HEAD) - 1, len(HEAD), len(HEAD) + 5])
def test_an_answer_in_pieces(cut: int) -> None:
    whole = HEAD + ANSWER
    line = Line(*filter(None, (whole[:cut], whole[cut:])))
    assert gramquery.answer_of(line) == ANSWER.rstrip(b"\0").decode()  # type: ignore[arg-type]


def test_no_answer() -> None:
    with pytest.raises(ConnectionError, match="hung up"):
        gramquery.answer_of(Line(HEAD, ANSWER[:5]))  # type: ignore[arg-type]
