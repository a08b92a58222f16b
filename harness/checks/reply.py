"""Reading what a service answers, byte by byte."""

from __future__ import annotations

import socket

LONGEST_LINE = 4096
SHOWN = 60
"""Bytes of a wrong answer that a message repeats."""


class BadReply(Exception):  # noqa: N818 - what it is
    """Something answered, but not what was expected."""

    def __init__(self, expected: str, seen: bytes) -> None:
        self.expected, self.seen = expected, seen
        said = repr(seen[:SHOWN]) if seen else "nothing"
        super().__init__(f"expected {expected}, it said {said}")


def read_exactly(connection: socket.socket, size: int) -> bytes:
    """``size`` bytes; raises BadReply when the other side hangs up before, TimeoutError when it is silent."""
    got = b""
    while len(got) < size:
        piece = connection.recv(size - len(got))
        if not piece:
            raise BadReply(f"{size} bytes", got)
        got += piece
    return got


def read_line(connection: socket.socket) -> str:
    """One line without its end; raises BadReply as ``read_exactly``."""
    got = b""
    while not got.endswith(b"\n"):
        if len(got) > LONGEST_LINE:
            raise BadReply("a line", got)
        got += read_exactly(connection, 1)
    return got.decode(errors="replace").rstrip("\r\n")
