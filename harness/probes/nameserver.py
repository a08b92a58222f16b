"""What a name server says of names, by UDP and by TCP, to whoever asks from one place.

``answers`` has it asked at a place, where this file is typed as ``python3 -c THIS SERVER NAME …`` and prints
a line for each name and way.  Needs nothing there but Python.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.dom0.place import Place

PATIENCE = 3.0
"""Seconds for an answer; one in the same room takes a millisecond."""
PORT, TIMES = 53, 2
"""TIMES a datagram is sent, since one may be lost."""
HEADER = struct.Struct("!6H")
"""Number, flags, and how many questions, answers, authorities and more there are (RFC 1035, 4.1.1)."""
CODES = {0: "no address", 2: "SERVFAIL", 3: "no such name", 5: "REFUSED"}
"""What no answer means (RFC 1035, 4.1.1)."""
ADDRESS, INTERNET = 1, 1
"""Type A and class IN (RFC 1035, 3.2)."""


class Answer(NamedTuple):
    """``said`` is the address, or several with commas between them, or in words why there is none."""

    way: str
    name: str
    said: str


def answers(place: Place, server: IPv4Address, names: Sequence[str]) -> list[Answer]:
    """What the server says of each name, by each way, asked from ``place``."""
    told = place.tell(Path(__file__), str(server), *names, timeout=60 + 2 * TIMES * PATIENCE * len(names))
    return [Answer(*line.split("\t")) for line in told.splitlines()]


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    return HEADER.pack(0x1D0B, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", ADDRESS, INTERNET)


def by_udp(server: str, asked: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect((server, PORT))
        for left in reversed(range(TIMES)):
            client.send(asked)
            with contextlib.nullcontext() if left == 0 else contextlib.suppress(TimeoutError):
                return client.recv(4096)
    raise TimeoutError


def by_tcp(server: str, asked: bytes) -> bytes:
    with socket.create_connection((server, PORT), PATIENCE) as client, client.makefile("rb") as reader:
        client.sendall(struct.pack("!H", len(asked)) + asked)
        return reader.read(struct.unpack("!H", reader.read(2))[0])


def said(reply: bytes, asked: bytes) -> str:
    """The addresses of a reply (RFC 1035, 4.1.3), or what its code means."""
    _, flags, _, count, _, _ = HEADER.unpack_from(reply)
    at, found = len(asked), []
    for _ in range(count):
        at = _after_name(reply, at)
        kind, _, _, size = struct.unpack_from("!HHIH", reply, at)
        at += 10 + size
        if kind == ADDRESS:
            found.append(socket.inet_ntoa(reply[at - size : at]))
    return ", ".join(sorted(found)) or CODES.get(flags & 15, f"code {flags & 15}")


def _after_name(reply: bytes, at: int) -> int:
    while reply[at]:
        if reply[at] >= 0xC0:  # a pointer ends a name (RFC 1035, 4.1.4)
            return at + 2
        at += 1 + reply[at]
    return at + 1


def asked(server: str, names: Sequence[str]) -> Iterator[Answer]:
    """Each name by each way; raises nothing for a server that fails."""
    for name in names:
        for way, ask in (("UDP", by_udp), ("TCP", by_tcp)):
            try:
                yield Answer(way, name, said(ask(server, question(name)), question(name)))
            except TimeoutError:
                yield Answer(way, name, "no answer")
            except (OSError, struct.error, IndexError) as error:
                yield Answer(way, name, f"no answer: {error}")


if __name__ == "__main__":
    for answer in asked(sys.argv[1], sys.argv[2:]):
        print("\t".join(answer))
