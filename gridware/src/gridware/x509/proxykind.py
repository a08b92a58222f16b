"""Proxies that the services here do not let in: of the kinds before RFC 3820, and with small keys.

A person's certificate allows no signing of certificates. OpenSSL 3 makes an exception for RFC 3820 alone, so
that Globus finds no way from a GT2 proxy (``-old``) to its CA. A GT3 one (``-draft``, ``-proxyver 3``) gets
through Globus, but has an extension that OpenSSL itself does not know. RSA keys of less than 2048 bits, as
proxies of the time had them (``-bits 1024``), are below OpenSSL's security level 2, which is Debian's
(SSL_CTX_set_security_level(3)).
"""

from __future__ import annotations

import binascii

from gridware.pattern import pattern
from gridware.x509.der import PEM, PROXY, items, value

_GT3 = bytes.fromhex("060a2b060104019b5001815e")
"""The forerunner of proxyCertInfo, of Globus 3, 1.3.6.1.4.1.3536.1.222."""
_GT2 = pattern(rb"\x06\x03\x55\x04\x03[\x0c\x13\x14\x16](?:\x05proxy|\x0dlimited proxy)")
"""The common name that alone makes a certificate a proxy of Globus 2."""
_RSA = bytes.fromhex("06092a864886f70d0101010500")
"""Before an RSA key: rsaEncryption without parameters (RFC 8017)."""
LEAST_BITS = 2048

MOST = 1_000_000
"""Bytes of a file that are looked at; a chain of many proxies with attributes is a tenth of it."""


def outdated(text: bytes) -> str:
    """What is wrong with a proxy that is, or was made from one, of an old kind; empty for any other file."""
    for found in PEM.findall(text):
        try:
            der = binascii.a2b_base64(found)
        except binascii.Error:
            continue
        if _GT3 in der:
            return _why("GT3 (-draft, -proxyver 3)")
        if PROXY not in der and _GT2.search(der):
            return _why("GT2 (-old, -proxyver 2)")
        if 0 < (bits := _rsa_bits(der)) < LEAST_BITS:
            return f"it has a key of {bits} bits, and {LEAST_BITS} are the least here; make one without -bits"
    return ""


def outdated_file(path: str) -> str:
    """The same of a file; a file that can't be read is for others to complain of."""
    try:
        with open(path, "rb") as file:
            return outdated(file.read(MOST))
    except OSError:
        return ""


def _rsa_bits(der: bytes) -> int:
    """The length of a certificate's RSA key, to the byte; 0 if it has none, or is broken."""
    at = der.find(_RSA)
    if at < 0:
        return 0
    try:
        key = value(value(der, at + len(_RSA)), 1)  # in a bit string, behind the number of its unused bits
        _tag, modulus = next(items(key))
        return 8 * len(modulus.lstrip(b"\0"))
    except (IndexError, StopIteration, ValueError):
        return 0


def _why(kind: str) -> str:
    return f"it is of the old kind {kind}, which this grid does not let in; make one without that option"
