"""Which well-known UDP ports answer: a service with a datagram, or a machine that says the port is closed.

``answering`` has it done at a place, where this file is typed as
``python3 -c THIS WORD SECONDS TARGET PORT …`` and prints the ports that answer; with the word ``served`` a
refusal is no answer.  Needs nothing but Python.
"""

from __future__ import annotations

import errno
import select
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.dom0.place import Place

SERVED = "served"
PATIENCE = 0.7
"""Seconds to wait for answers; a service in the same room takes a millisecond."""
_DNS = bytes.fromhex("1d0b01000001000000000000") + b"\x07gridbox\x04test\0\0\x01\0\x01"
_NTP = b"\x1b" + bytes(47)
QUESTIONS = {
    **dict.fromkeys((7, 67, 69, 111, 137, 161, 389, 500, 514, 623, 1194, 1900, 2049, 4500, 5060), b"\0"),
    **dict.fromkeys((53, 5353), _DNS),
    123: _NTP,
}
"""What each of the well-known ports is asked."""


def answering(
    place: Place, target: IPv4Address, ports: Iterable[int] = (), *, refusals: bool = True
) -> list[int]:
    """Well-known ports of ``target``, and these, that answer, also with a refusal, asked from ``place``."""
    words = ["any" if refusals else SERVED, str(place.longer(PATIENCE)), str(target), *map(str, ports)]
    return [int(port) for port in place.tell(Path(__file__), *words).split()]


def _answering(word: str, seconds: str, target: str, *ports: str) -> set[int]:
    poll = select.poll()
    asked: dict[int, tuple[socket.socket, int]] = {}
    found: set[int] = set()
    try:
        for port, question in (dict.fromkeys(map(int, ports), b"\0") | QUESTIONS).items():
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            asked[client.fileno()] = client, port
            client.connect((target, port))
            client.send(question)
            poll.register(client, select.POLLIN)
        end = time.monotonic() + float(seconds)
        while (left := end - time.monotonic()) > 0:
            for number, _ in poll.poll(left * 1000):
                client, port = asked[number]
                poll.unregister(client)
                if _answers(client, refusals=word != SERVED):
                    found.add(port)
    finally:
        for client, _ in asked.values():
            client.close()
    return found


def _answers(client: socket.socket, *, refusals: bool) -> bool:
    try:
        client.recv(1)
    except OSError as error:
        # Only the target itself can say that; a router on the way says otherwise.
        return refusals and error.errno == errno.ECONNREFUSED
    return True


if __name__ == "__main__":
    print(*sorted(_answering(*sys.argv[1:])))
