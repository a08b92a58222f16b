"""What is heard in packets, and what of it may be."""

import base64
import socket
import struct
from pathlib import Path

import pytest

from harness.checks import secrecy
from harness.probes import eavesdrop
from harness.probes.capture import Heard
from harness.site import Site
from harness.sitefile import load

WORD = "sec30123456789abcdef"
SITE = Path(__file__).parents[3] / "icebox.toml"


def frame(payload: bytes, source: tuple[str, int], target: tuple[str, int], protocol: int = 6) -> bytes:
    ports = struct.pack("!HH", source[1], target[1]) + bytes(16)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0, 64, protocol, 0)
    addresses = socket.inet_aton(source[0]) + socket.inet_aton(target[0])
    return bytes(12) + b"\x08\x00" + head + addresses + ports + payload


UI, CE = ("192.168.1.5", 31000), ("192.168.1.2", 2119)
FLOW = (*UI, *CE)


def test_a_word_in_clear_is_heard_with_what_follows() -> None:
    payload = f"POST / HTTP/1.1\r\n\r\nrsl: {WORD}.argument {WORD}.stdin\r\n".encode()
    found = eavesdrop.hits(frame(payload, UI, CE), eavesdrop.needles(WORD))
    assert found == {(FLOW, "plain", ".argument"), (FLOW, "plain", ".stdin")}


@pytest.mark.parametrize("ahead", range(7))
def test_base64_hides_no_word(ahead: int) -> None:
    text = base64.b64encode(b"x" * ahead + WORD.encode() + b".argument")
    found = eavesdrop.hits(frame(b"ADAT " + text + b"\r\n", UI, CE), eavesdrop.needles(WORD))
    assert [written.partition(" ")[0] for _flow, written, _tail in found] == ["base64"]


def test_hex_hides_no_word() -> None:
    found = eavesdrop.hits(frame(WORD.encode().hex().encode(), UI, CE), eavesdrop.needles(WORD))
    assert found == {(FLOW, "hex", "")}


def test_other_words_are_not_heard() -> None:
    assert not eavesdrop.hits(frame(b"sec3fedcba9876543210", UI, CE), eavesdrop.needles(WORD))


def test_what_is_neither_tcp_nor_udp_has_no_ports() -> None:
    assert eavesdrop.hits(frame(WORD.encode(), UI, CE, protocol=47), eavesdrop.needles(WORD)) == {
        (None, "plain", "")
    }
    arp = bytes(12) + b"\x08\x06" + bytes(40) + WORD.encode()
    assert eavesdrop.hits(arp, eavesdrop.needles(WORD)) == {(None, "plain", "")}


@pytest.fixture(scope="module")
def site() -> Site:
    return load(SITE)


def heard(site: Site, source: tuple[str, int], target: tuple[str, int], tail: str = ".x") -> Heard:
    """From role and port to role and port; ``public`` is the public address."""

    def address(role: str) -> str:
        return str(site.public_address if role == "public" else getattr(site, role).address)

    return Heard(address(source[0]), source[1], address(target[0]), target[1], "plain", tail)


@pytest.mark.parametrize(
    ("source", "target", "tail"),
    [
        (("ui", 40000), ("rb", 2170), ".asked"),
        (("rb", 2170), ("ui", 40000), ".asked"),
        (("ui", 40000), ("public", 2171), ".asked"),
        (("ui", 40000), ("se", 20042), ".data"),
        (("se", 20042), ("ui", 40000), ".data"),
    ],
)
def test_what_may_be_read(site: Site, source: tuple[str, int], target: tuple[str, int], tail: str) -> None:
    assert list(secrecy.spoken([heard(site, source, target, tail)], site)) == []


@pytest.mark.parametrize(
    ("source", "target", "tail"),
    [
        (("ui", 40000), ("ce", 2119), ".argument"),
        (("ce", 40000), ("public", 20300), ".argument"),
        (("ui", 40000), ("se", 20042), ".private"),
        (("ui", 40000), ("ce", 20242), ".data"),
        (("ui", 40000), ("se", 2811), ".data"),
        (("ui", 40000), ("ce", 6817), ".batch"),
        (("ce", 40000), ("wn", 6818), ".batch"),
        (("wn", 40000), ("ce", 61000), ".batch"),
        (("ui", 40000), ("rb", 9000), ""),
    ],
)
def test_what_may_not(site: Site, source: tuple[str, int], target: tuple[str, int], tail: str) -> None:
    said = heard(site, source, target, tail)
    (problem,) = secrecy.spoken([said], site)
    assert f"{said.source}:{source[1]} > {said.target}:{target[1]}" in problem


def test_data_that_are_encoded_are_no_data(site: Site) -> None:
    """On a data port GridFTP sends what is in the file, and nothing else."""
    said = heard(site, ("ui", 40000), ("se", 20042), "")._replace(written="base64 1")
    assert len(list(secrecy.spoken([said], site))) == 1
