"""Who is at the other end: the identity behind a proxy chain that TLS has verified."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from gridware.x509 import certificate
from gridware.x509.der import LIMITED

CERTIFICATES = "/etc/grid-security/certificates"


@dataclass(frozen=True)
class Peer:
    """A verified client; ``chain`` is DER, the proxy first, as far as the client sent it."""

    dn: str
    """Of the person: without the proxies' own parts."""
    limited: bool
    expires: float
    """Epoch seconds at which the first of its certificates ends."""
    chain: tuple[bytes, ...]


def context(chain: str, key: str) -> ssl.SSLContext:
    """TLS for the door: it takes proxies, and no revoked certificates. Each context reads the CRLs anew."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(chain, key)
    made.load_verify_locations(capath=CERTIFICATES)
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_ALLOW_PROXY_CERTS | ssl.VERIFY_CRL_CHECK_CHAIN
    # A session resumed by ticket would hide the chain.
    made.num_tickets = 0
    return made


def of(connection: ssl.SSLSocket) -> Peer:
    """The client of a connection whose handshake is done."""
    chain = tuple(connection.get_verified_chain())  # type: ignore[attr-defined]  # from Python 3.13 on
    told = certificate.of_ders(chain)
    return Peer(told.identity, any(LIMITED in der for der in chain), told.ends, chain)
