"""Proxies of the kinds before RFC 3820, which the services here do not let in.

A person's certificate allows no signing of certificates. OpenSSL 3 makes an exception for RFC 3820 alone, so
that Globus finds no way from a GT2 proxy (``-old``) to its CA. A GT3 one (``-draft``, ``-proxyver 3``) gets
through Globus, but has an extension that OpenSSL itself does not know.
"""

from __future__ import annotations

import binascii
import re

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_RFC = bytes.fromhex("06082b0601050507010e")
"""proxyCertInfo of RFC 3820, 1.3.6.1.5.5.7.1.14."""
_GT3 = bytes.fromhex("060a2b060104019b5001815e")
"""Its forerunner of Globus 3, 1.3.6.1.4.1.3536.1.222."""
_GT2 = re.compile(rb"\x06\x03\x55\x04\x03[\x0c\x13\x14\x16](?:\x05proxy|\x0dlimited proxy)")
"""The common name that alone makes a certificate a proxy of Globus 2."""

MOST = 1_000_000
"""Bytes of a file that are looked at; a chain of many proxies with attributes is a tenth of it."""


def outdated(text: bytes) -> str:
    """What is wrong with a proxy that is, or was made from one, of an old kind; empty for any other file."""
    for found in _PEM.findall(text):
        try:
            der = binascii.a2b_base64(found)
        except binascii.Error:
            continue
        if _GT3 in der:
            return _why("GT3 (-draft, -proxyver 3)")
        if _RFC not in der and _GT2.search(der):
            return _why("GT2 (-old, -proxyver 2)")
    return ""


def outdated_file(path: str) -> str:
    """The same of a file; a file that can't be read is for others to complain of."""
    try:
        with open(path, "rb") as file:
            return outdated(file.read(MOST))
    except OSError:
        return ""


def _why(kind: str) -> str:
    return f"it is of the old kind {kind}, which this grid does not let in; make one without that option"
