"""A TCP connection as the standard streams of a program, which is typed at the place it is to come from.

As ``python3 -c THIS HOST PORT SECONDS [greet]``: connects within so many seconds and passes on what comes
either way, until both ends have said all.  With ``greet`` its first line says how connecting went: ``0``, or
errno and a text.  Needs nothing but Python.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys

CHUNK = 1 << 16
STARTING = 30.0
"""Seconds that the program gets beside those for the connection; it takes 0.05 on an idle machine."""
LONGEST = 400
"""Bytes of a greeting."""


class UngreetedError(ConnectionError):
    """The program did not even say whether it connected: the way to its place is broken."""


def expect_greeting(connection: socket.socket) -> None:
    """Read the first line of a program that greets; raises OSError as a failed connect(2) would."""
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST:
        sign = connection.recv(1)
        if not sign:
            raise UngreetedError("the place can't be reached")
        line += sign
    number, _, text = line.decode(errors="replace").strip().partition(" ")
    if number == "timeout":
        raise TimeoutError(text)
    if number != "0":
        raise OSError(int(number), text) if number.isdigit() else ConnectionError(text)


def greeting(error: OSError) -> str:
    """How connecting failed, as ``expect_greeting`` reads it."""
    if isinstance(error, TimeoutError) and not error.errno:
        return "timeout timed out"
    return f"{error.errno or 'unknown'} {error.strerror or error}"


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def relay(connection: socket.socket) -> None:
    """Pass on what comes either way; ends when the far end has said all, or either breaks."""
    waiting: list[int] = [0, connection.fileno()]
    while connection.fileno() in waiting:
        for ready in select.select(waiting, [], [])[0]:
            if ready == 0:
                data = os.read(0, CHUNK)
                if data:
                    connection.sendall(data)
                else:
                    waiting.remove(0)
                    connection.shutdown(socket.SHUT_WR)
            else:
                data = connection.recv(CHUNK)
                if not data:
                    return
                write_all(1, data)


def main(host: str, port: str, seconds: str, greet: str = "") -> int:
    try:
        connection = socket.create_connection((host, int(port)), float(seconds))
    except OSError as error:
        if greet:
            print(greeting(error))
        else:
            print(f"can't connect to {host} port {port}: {error.strerror or error}", file=sys.stderr)
        return 1
    with connection, contextlib.suppress(OSError):
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if greet:
            write_all(1, b"0\n")
        relay(connection)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
