"""Which TCP ports of an address answer: a scan with bare SYN packets (RFC 9293, 3.5).

All ports take about a second.  No connection is ever made, so services and checks at work beside it notice
nothing: what answers with SYN and ACK is reset by this machine's kernel, which knows of no such connection.

``scan`` has it done at a place, where this file is typed as
``python3 -c THIS SOURCE TARGET PORTS SURE SECONDS`` and prints a line for each answer.  Needs nothing there
but Python and root.
"""

from __future__ import annotations

import random
import select
import socket
import struct
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.dom0.place import Place

ALL_PORTS = range(1, 65536)
ROUNDS = 3
"""Times that silent ports are asked when packets were lost, as may be on a busy machine."""
BURST = 256
"""Ports between two looks at what came back."""
PATIENCE = 0.4
"""Seconds that answers may still take after the last packet of a round."""
_SYN, _RST, _ACK = 0x02, 0x04, 0x10
_START_TTL = 64


@dataclass(frozen=True)
class Answer:
    """What one port said: ``accepts`` a connection or refuses it; ``hops`` routers lie before who said so."""

    port: int
    accepts: bool
    hops: int

    def __str__(self) -> str:
        return f"{self.port} ({'open' if self.accepts else 'refuses'})"


def scan(
    place: Place,
    source: IPv4Address,
    target: IPv4Address,
    ports: Collection[int] = ALL_PORTS,
    *,
    sure: Collection[int] = (),
) -> dict[int, Answer]:
    """Answers by port, asked from an address of ``place``; silent ports are left out.

    ``sure`` are ports that answer, open or not, unless packets were lost: then the silent ones are asked
    again.
    """
    words = [str(source), str(target), _listed(ports), _listed(sure), str(place.longer(PATIENCE))]
    said = (line.split() for line in place.tell(Path(__file__), *words).splitlines())
    return {int(port): Answer(int(port), accepts == "accepts", int(hops)) for port, accepts, hops in said}


def _listed(ports: Collection[int]) -> str:
    if isinstance(ports, range):
        return f"{ports.start}-{ports.stop - 1}"
    return ",".join(map(str, sorted(ports)))


def _read(text: str) -> Collection[int]:
    first, dash, last = text.partition("-")
    if dash:
        return range(int(first), int(last) + 1)
    return [int(port) for port in text.split(",") if port]


def _answers(
    source: IPv4Address, target: IPv4Address, ports: Collection[int], sure: Collection[int], seconds: float
) -> dict[int, Answer]:
    found: dict[int, Answer] = {}
    with _raw_socket() as raw, _free_port(source) as ours:
        probe = _Probe(raw, source, target, ours.getsockname()[1], seconds)
        for _ in range(ROUNDS):
            probe.ask([port for port in ports if port not in found], found)
            if all(port in found for port in sure):
                break
    return found


def _raw_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    made.setblocking(False)
    return made


def _free_port(source: IPv4Address) -> socket.socket:
    """A bound socket that keeps our port to ourselves, and the kernel resetting what arrives there."""
    made = socket.socket()
    made.bind((str(source), 0))
    return made


class _Probe:
    """One raw socket that asks one address from one port."""

    def __init__(
        self, raw: socket.socket, source: IPv4Address, target: IPv4Address, port: int, seconds: float
    ) -> None:
        self.raw, self.target, self.port, self.seconds = raw, target, port, seconds
        self.sequence = random.getrandbits(32)
        self.address = (str(target), 0)
        self.packet = syn(source, target, port, self.sequence)

    def ask(self, ports: list[int], found: dict[int, Answer]) -> None:
        """One round: ask ``ports``, and gather what answers."""
        for start in range(0, len(ports), BURST):
            for port in ports[start : start + BURST]:
                self._send(port)
            self._gather(found)
        end = time.monotonic() + self.seconds
        while ports and (left := end - time.monotonic()) > 0:
            if select.select([self.raw], [], [], left)[0]:
                self._gather(found)

    def _send(self, port: int) -> None:
        packet = to_port(self.packet, port)
        while True:
            try:
                self.raw.sendto(packet, self.address)
                return
            except BlockingIOError:
                select.select([], [self.raw], [], 1.0)

    def _gather(self, found: dict[int, Answer]) -> None:
        while True:
            try:
                packet = self.raw.recv(256)
            except BlockingIOError:
                return
            answer = read_answer(packet, self.target, self.port, self.sequence)
            if answer is not None:
                found[answer.port] = answer


def syn(source: IPv4Address, target: IPv4Address, port: int, sequence: int) -> bytes:
    """A TCP header that asks for a connection from ``port`` to port 0; ``to_port`` makes it useful."""
    header = struct.pack("!HHIIBBHHH", port, 0, sequence, 0, 5 << 4, _SYN, 64240, 0, 0)
    pseudo = source.packed + target.packed + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(header))
    return header[:16] + struct.pack("!H", checksum(pseudo + header)) + header[18:]


def to_port(packet: bytes, port: int) -> bytes:
    """The same header for another port: its checksum is mended, not made anew (RFC 1624)."""
    total = (packet[16] << 8 | packet[17]) ^ 0xFFFF
    total += port
    total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return packet[:2] + port.to_bytes(2, "big") + packet[4:16] + total.to_bytes(2, "big") + packet[18:]


def checksum(content: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(content) // 2}H", content))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def read_answer(packet: bytes, target: IPv4Address, our_port: int, sequence: int) -> Answer | None:
    """What an IP packet says if it answers our question, else None."""
    size = (packet[0] & 0x0F) * 4
    if packet[12:16] != target.packed or len(packet) < size + 20:
        return None
    port, at, _, acknowledged = struct.unpack_from("!HHII", packet, size)
    flags = packet[size + 13]
    if at != our_port or acknowledged != (sequence + 1) & 0xFFFFFFFF or not flags & _ACK:
        return None
    if not flags & (_SYN | _RST):
        return None
    return Answer(port, bool(flags & _SYN), _START_TTL - packet[8])


def main(source: str, target: str, ports: str, sure: str, seconds: str) -> None:
    asked = IPv4Address(source), IPv4Address(target), _read(ports), _read(sure), float(seconds)
    for answer in _answers(*asked).values():
        print(answer.port, "accepts" if answer.accepts else "refuses", answer.hops)


if __name__ == "__main__":
    main(*sys.argv[1:])
