"""The scan's packets, made and read."""

import struct
from ipaddress import IPv4Address

import pytest

from harness.probes import scan

OURS, THEIRS = IPv4Address("203.0.113.1"), IPv4Address("203.0.113.10")
SYN_ACK, RST_ACK, ACK = 0x12, 0x14, 0x10


def answer(flags: int, *, ttl: int = 63, port: int = 2119, to: int = 40000, acknowledged: int = 8) -> bytes:
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, ttl, 6, 0) + THEIRS.packed + OURS.packed
    return ip + struct.pack("!HHIIBBHHH", port, to, 1, acknowledged, 5 << 4, flags, 0, 0, 0)


def read(packet: bytes) -> scan.Answer | None:
    return scan.read_answer(packet, THEIRS, 40000, 7)


@pytest.mark.parametrize("port", [1, 80, 255, 256, 2119, 32768, 65535])
def test_checksum_is_mended_for_every_port(port: int) -> None:
    packet = scan.to_port(scan.syn(OURS, THEIRS, 40000, 0xFFFFFFF0), port)
    assert struct.unpack_from("!HH", packet) == (40000, port)
    pseudo = OURS.packed + THEIRS.packed + struct.pack("!BBH", 0, 6, len(packet))
    assert scan.checksum(pseudo + packet) == 0


def test_checksum_example_of_rfc_1071() -> None:
    assert scan.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D


def test_open_port_of_a_node() -> None:
    assert read(answer(SYN_ACK)) == scan.Answer(2119, accepts=True, hops=1)


def test_refusal_of_the_dom0() -> None:
    assert read(answer(RST_ACK, ttl=64, port=22)) == scan.Answer(22, accepts=False, hops=0)


@pytest.mark.parametrize(
    "packet",
    [
        answer(ACK),
        answer(SYN_ACK, to=40001),
        answer(SYN_ACK, acknowledged=9),
        answer(SYN_ACK)[:30],
        answer(SYN_ACK).replace(THEIRS.packed, bytes([192, 168, 1, 2])),
    ],
    ids=["no answer", "another port", "another question", "cut off", "another machine"],
)
def test_what_answers_nothing_of_ours(packet: bytes) -> None:
    assert read(packet) is None


def test_sequence_number_wraps() -> None:
    assert scan.read_answer(answer(SYN_ACK, acknowledged=0), THEIRS, 40000, 0xFFFFFFFF) is not None
