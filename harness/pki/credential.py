"""A credential: a certificate with its private key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from harness.pki.names import to_slash


@dataclass(frozen=True)
class Credential:
    """A certificate and its unencrypted key, both PEM; the key is in no ``repr`` and no comparison."""

    cert_pem: bytes
    key_pem: bytes = field(repr=False, compare=False)

    @classmethod
    def of(cls, certificate: x509.Certificate, key: RSAPrivateKey) -> Credential:
        # Globus and VOMS read PKCS#8 as well; the traditional form is what every older tool knows.
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return cls(certificate.public_bytes(Encoding.PEM), key_pem)

    @classmethod
    def parse(cls, pem: bytes) -> Credential:
        """Read what ``pem`` wrote; raises ValueError unless it holds a certificate and the key to it."""
        head, marker, rest = pem.partition(b"-----BEGIN RSA PRIVATE KEY-----")
        credential = cls(head, marker + rest)
        if credential.key.public_key() != credential.certificate.public_key():
            raise ValueError("certificate and key do not belong together")
        return credential

    @property
    def pem(self) -> bytes:
        """Certificate and key as one file."""
        return self.cert_pem + self.key_pem

    @cached_property
    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.cert_pem)

    @cached_property
    def key(self) -> RSAPrivateKey:
        # The check that is skipped tests primes for 30 ms; the keys were made here.
        key = load_pem_private_key(self.key_pem, password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("not an RSA key")
        return key

    @property
    def dn(self) -> str:
        """The subject in slash form."""
        return to_slash(self.certificate.subject)

    @property
    def serial(self) -> int:
        return self.certificate.serial_number

    @property
    def not_after(self) -> datetime:
        """End of validity, in UTC."""
        return self.certificate.not_valid_after_utc

    @property
    def expired(self) -> bool:
        return self.not_after <= datetime.now(UTC)

    def __repr__(self) -> str:
        return f"Credential({self.dn}, serial {self.serial:x}, until {self.not_after:%Y-%m-%d %H:%M} UTC)"
