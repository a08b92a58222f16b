"""Whether a certificate is one a grid service may show: its name, who signed it, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID, NameOID

from harness.checks.trust import Trust
from harness.pki.names import to_slash

PROXY = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14")
"""The extension of proxies (RFC 3820), which is critical, and which everybody in a grid knows."""


def names(certificate: x509.Certificate) -> list[str]:
    """Host names a certificate is for: its alternative names, and its common name as GSI takes it."""
    found = [str(part.value) for part in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return found
    assert isinstance(extension.value, x509.SubjectAlternativeName)
    return list(dict.fromkeys([*extension.value.get_values_for_type(x509.DNSName), *found]))


def wrong_name(certificate: x509.Certificate, fqdn: str) -> Iterator[str]:
    """A problem if the certificate is another host's."""
    if fqdn not in names(certificate):
        yield f"the certificate is for {' and '.join(names(certificate)) or 'no host'}, not for {fqdn}"


def faults(
    chain: Sequence[x509.Certificate], fqdn: str, trust: Trust, now: datetime, until: datetime
) -> Iterator[str]:
    """All that keeps the first of ``chain`` from serving the host ``fqdn`` from ``now`` to ``until``."""
    own = chain[0]
    yield from wrong_name(own, fqdn)
    yield from _wrong_time(own, now, until)
    for each in own.extensions:
        if each.critical and isinstance(each.value, x509.UnrecognizedExtension) and each.oid != PROXY:
            yield f"it has a critical extension that nobody knows ({each.oid.dotted_string})"
    authority = trust.authority(own.issuer)
    if authority is None:
        yield f"its CA {to_slash(own.issuer)} is not trusted"
        return
    try:
        own.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        yield f"it is not signed by the trusted CA {to_slash(own.issuer)}"
    if not trust.may_sign(own.issuer, own.subject):
        yield f"the signing policy does not let {to_slash(own.issuer)} sign {to_slash(own.subject)}"
    revocations = trust.revocations(own.issuer)
    if revocations and revocations.get_revoked_certificate_by_serial_number(own.serial_number):
        yield "it is revoked"


def _wrong_time(certificate: x509.Certificate, now: datetime, until: datetime) -> Iterator[str]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if start > now:
        yield f"it is valid only from {start:%Y-%m-%d %H:%M} UTC on"
    elif end <= now:
        yield f"it ended on {end:%Y-%m-%d %H:%M} UTC"
    elif end < until:
        yield f"it ends on {end:%Y-%m-%d %H:%M} UTC, before the school does ({until:%Y-%m-%d})"
