"""Clocks: reading and judging."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from harness.checks import clock
from harness.command import CommandResult

SIGNED = datetime(2026, 11, 22, 13, 9, 52, tzinfo=UTC)


def told(ahead: float) -> CommandResult:
    return CommandResult("date", "wn", 0, f"{time.time() + ahead:.9f}\n", "", 0.0)


@pytest.mark.parametrize("ahead", [-400.0, 0.0, 31.0])
def test_a_clock_is_read(ahead: float) -> None:
    reading = clock.read("wn", lambda line: told(ahead))
    assert reading.ahead == pytest.approx(ahead, abs=0.5)


def test_a_slow_command_is_no_slow_clock() -> None:
    assert clock.Reading("wn", 3.0, doubt=4.0).off == 0.0
    assert clock.Reading("wn", -40.0, doubt=4.0).off == 36.0


def test_words() -> None:
    assert str(clock.Reading("the clock of wn", 400.04)) == "the clock of wn is 400.0 s ahead"
    assert str(clock.Reading("the clock of wn", -60)) == "the clock of wn is 60.0 s behind"


def proxy(attributes: bytes = b"") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(SIGNED - timedelta(minutes=5)).not_valid_after(SIGNED + timedelta(1))
    if attributes:
        extension = x509.UnrecognizedExtension(clock.ATTRIBUTES, attributes)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def readings(attributes: bytes) -> list[clock.Reading]:
    at = SIGNED.timestamp()
    return list(clock.of_proxy(proxy(attributes), at, at, machine="ui", server="rb"))


def test_proxy_of_this_moment() -> None:
    signed = b"\x30\x22\x18\x0f20261122130952Z\x18\x0f20261123010952Z"
    assert [(round(each.ahead), each.off) for each in readings(signed)] == [(0, 0), (0, 0)]


def test_voms_server_of_another_time() -> None:
    signed = b"\x30\x22\x18\x0f20261122125952Z\x18\x0f20261123005952Z"
    own, server = readings(signed)
    assert own.off == 0
    assert server.ahead == pytest.approx(-600)
    assert "rb" in server.clock


def test_proxy_without_attributes() -> None:
    assert len(readings(b"")) == 1
