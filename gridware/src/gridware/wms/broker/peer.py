"""Who is at the other end: the identity behind a proxy chain that TLS has verified."""

from __future__ import annotations

import calendar
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CERTIFICATES = "/etc/grid-security/certificates"

# Object identifiers in DER: proxyCertInfo (RFC 3820), and Globus's limited proxy policy.
_PROXY = bytes.fromhex("06082b0601050507010e")
_LIMITED = bytes.fromhex("060b2b060104019b5001010109")

_SHORT = {
    "countryName": "C",
    "stateOrProvinceName": "ST",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "commonName": "CN",
    "emailAddress": "emailAddress",
    "domainComponent": "DC",
    "userId": "UID",
    "serialNumber": "serialNumber",
}

Name = Sequence[Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Peer:
    """A verified client; ``chain`` is DER, the proxy first, as far as the client sent it."""

    dn: str
    """Of the person: without the proxies' own parts."""
    limited: bool
    expires: float
    """Epoch seconds at which the first of its certificates ends."""
    chain: tuple[bytes, ...]


def context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS for the door: it takes proxies, and no revoked certificates. Each context reads the CRLs anew."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    made.load_verify_locations(capath=CERTIFICATES)
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_ALLOW_PROXY_CERTS | ssl.VERIFY_CRL_CHECK_CHAIN
    # A session resumed by ticket would hide the chain.
    made.num_tickets = 0
    return made


def of(connection: ssl.SSLSocket) -> Peer:
    """The client of a connection whose handshake is done."""
    chain = tuple(connection.get_verified_chain())  # type: ignore[attr-defined]  # from Python 3.13 on
    proxies = sum(_PROXY in der for der in chain)
    leaf = connection.getpeercert() or {}
    subject: Any = leaf.get("subject", ())
    return Peer(
        slash_form(subject[: len(subject) - proxies]),
        any(_LIMITED in der for der in chain),
        min(expiry_of(der) for der in chain),
        chain,
    )


def slash_form(name: Name) -> str:
    """A distinguished name as Globus and VOMS write it: ``/C=IT/O=…/CN=…``."""
    return "".join(f"/{_SHORT.get(kind, kind)}={value}" for rdn in name for kind, value in rdn)


def expiry_of(der: bytes) -> float:
    """notAfter of a certificate: the second of the first two times that stand together, its Validity."""
    for tag, size in ((0x17, 13), (0x18, 15)):
        marker = bytes((tag, size))
        first = der.find(marker)
        while first >= 0:
            second = first + 2 + size
            length = {0x17: 13, 0x18: 15}.get(der[second], 0)
            if length and der[second + 1] == length:
                return _seconds(der[second + 2 : second + 2 + length])
            first = der.find(marker, first + 1)
    raise ValueError("a certificate without a validity")


def _seconds(text: bytes) -> float:
    """UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5) in epoch seconds."""
    digits = text.decode()
    whole = digits if len(digits) == 15 else ("19" if digits[:2] >= "50" else "20") + digits
    return calendar.timegm(time.strptime(whole, "%Y%m%d%H%M%SZ"))
