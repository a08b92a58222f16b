"""Which well-known UDP ports answer: a service with a datagram, or a machine that says the port is closed."""

from __future__ import annotations

import errno
import select
import socket
from ipaddress import IPv4Address

from harness.deadline import Deadline
from harness.dom0.namespace import in_network_of

PATIENCE = 0.7
"""Seconds to wait for answers; a service in the same room takes a millisecond."""
_DNS = bytes.fromhex("1d0b01000001000000000000") + b"\x07gridbox\x04test\0\0\x01\0\x01"
_NTP = b"\x1b" + bytes(47)
QUESTIONS = {
    **dict.fromkeys((7, 67, 69, 111, 137, 161, 389, 500, 514, 623, 1194, 1900, 2049, 4500, 5060), b"\0"),
    **dict.fromkeys((53, 5353), _DNS),
    123: _NTP,
    **dict.fromkeys((2119, 2170, 2811, 3147, 15001, 20000, 20200, 30000, 31000), b"\0"),
}
"""What each port is asked: well-known ones, and those that the port table has for TCP."""


def answering(pid: int, target: IPv4Address) -> list[int]:
    """Ports of ``target`` that answer, also with a refusal, asked from the network namespace of ``pid``."""
    return in_network_of(pid, lambda: sorted(_answering(target)))


def _answering(target: IPv4Address) -> set[int]:
    poll = select.poll()
    asked: dict[int, tuple[socket.socket, int]] = {}
    found: set[int] = set()
    try:
        for port, question in QUESTIONS.items():
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            asked[client.fileno()] = client, port
            client.connect((str(target), port))
            client.send(question)
            poll.register(client, select.POLLIN)
        deadline = Deadline(PATIENCE)
        while not deadline.expired:
            for number, _ in poll.poll(deadline.remaining * 1000):
                client, port = asked[number]
                poll.unregister(client)
                if _answers(client):
                    found.add(port)
    finally:
        for client, _ in asked.values():
            client.close()
    return found


def _answers(client: socket.socket) -> bool:
    try:
        client.recv(1)
    except OSError as error:
        # Only the target itself can say that; a router on the way says otherwise.
        return error.errno == errno.ECONNREFUSED
    return True
