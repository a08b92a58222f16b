"""DER, the form of certificates (X.690), as far as it is read here; and where it stands in PEM files."""

from __future__ import annotations

from gridware.pattern import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


PEM = pattern(rb"(?s)-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----")
PROXY = bytes.fromhex("06082b0601050507010e")
"""The extension that makes a certificate a proxy: proxyCertInfo of RFC 3820, 1.3.6.1.5.5.7.1.14."""
LIMITED = bytes.fromhex("060b2b060104019b5001010109")
"""Globus' policy of a limited proxy, 1.3.6.1.4.1.3536.1.1.1.9."""


def items(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each element; raises ValueError or IndexError where it is broken."""
    at = 0
    while at < len(text):
        start, end = _span(text, at)
        yield text[at], text[start:end]
        at = end


def value(text: bytes, at: int = 0) -> bytes:
    """Of the element that begins there."""
    start, end = _span(text, at)
    return text[start:end]


def _span(text: bytes, at: int) -> tuple[int, int]:
    """Where the value of an element starts and ends."""
    length = text[at + 1]
    start = at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(text[start : start + size], "big")
        start += size
    if start + length > len(text):
        raise ValueError("there is a broken certificate")
    return start, start + length
