"""What stands in certificates and CRLs of the test CA, so that Globus, VOMS and OpenSSL 3 accept them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

BACKDATED = timedelta(days=30)
"""Validity starts in the past, so that a node whose clock is behind only doubts proxies."""


@dataclass(frozen=True)
class Issuer:
    """The certificate and key that sign."""

    certificate: x509.Certificate
    key: RSAPrivateKey


@dataclass(frozen=True)
class Validity:
    """From when until when, both in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def of_days(cls, days: int) -> Validity:
        """Valid now and for ``days`` days more."""
        now = datetime.now(UTC)
        return cls(now - BACKDATED, now + timedelta(days=days))

    @classmethod
    def over(cls) -> Validity:
        """Ended a day ago: no clock skew that a box may have makes it valid again."""
        now = datetime.now(UTC)
        return cls(now - BACKDATED, now - timedelta(days=1))


def ca_certificate(name: x509.Name, key: RSAPrivateKey, validity: Validity) -> x509.Certificate:
    """A self-signed CA certificate."""
    public = key.public_key()
    return (
        _builder(name, name, public, validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(_key_id(public), critical=False)
        .sign(key, SHA256())
    )


def host_certificate(
    issuer: Issuer, name: x509.Name, public: RSAPublicKey, validity: Validity, fqdn: str
) -> x509.Certificate:
    """A certificate for a service: it is server, and client when it delegates or fetches."""
    return (
        _leaf(issuer, name, public, validity, [Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH])
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(fqdn)]), critical=False)
        .sign(issuer.key, SHA256())
    )


def person_certificate(
    issuer: Issuer, name: x509.Name, public: RSAPublicKey, validity: Validity
) -> x509.Certificate:
    """A personal certificate; with digitalSignature, since it signs proxies (RFC 3820, 3.1)."""
    return _leaf(issuer, name, public, validity, [Purpose.CLIENT_AUTH]).sign(issuer.key, SHA256())


def revocation_list(issuer: Issuer, revoked: Mapping[int, datetime], validity: Validity) -> bytes:
    """A PEM CRL of the serials in ``revoked`` with the time of each."""
    number = int(datetime.now(UTC).timestamp() * 1_000_000)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(validity.start)
        .next_update(validity.end)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_issuer_key_id(issuer), critical=False)
    )
    for serial, moment in sorted(revoked.items()):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.PEM)


def _leaf(
    issuer: Issuer,
    name: x509.Name,
    public: RSAPublicKey,
    validity: Validity,
    purposes: list[x509.ObjectIdentifier],
) -> x509.CertificateBuilder:
    return (
        _builder(name, issuer.certificate.subject, public, validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, key_encipherment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(_key_id(public), critical=False)
        .add_extension(_issuer_key_id(issuer), critical=False)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: RSAPublicKey, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(_serial())
        .not_valid_before(validity.start)
        .not_valid_after(validity.end)
    )


def _serial() -> int:
    """Positive and below 2**63: Globus prints a longer one as -1 when it refuses a revoked certificate."""
    return secrets.randbits(62) + 1


def _usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_encipherment=key_encipherment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_id(public: RSAPublicKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(public)


def _issuer_key_id(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    """By key alone: a CA certificate renewed with the same key still fits."""
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(_key_id(issuer.key.public_key()))
