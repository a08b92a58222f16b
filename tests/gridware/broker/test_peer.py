"""Names and times out of certificates."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gridware.wms.broker import peer


def test_names_in_slash_form() -> None:
    name = ((("countryName", "IT"),), (("organizationalUnitName", "A/B"),), (("commonName", "Student 01"),))
    assert peer.slash_form(name) == "/C=IT/OU=A/B/CN=Student 01"


@pytest.mark.parametrize("year", [2027, 2055], ids=["UTCTime", "GeneralizedTime"])
def test_the_end_of_a_certificate(year: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    end = datetime.datetime(year, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(start).not_valid_after(end).sign(key, hashes.SHA256())
    )  # fmt: skip
    der = made.public_bytes(serialization.Encoding.DER)
    if year < 2050:
        assert peer.expiry_of(der) == end.timestamp()
    else:
        assert peer.expiry_of(der) == end.timestamp(), "one time of each kind"
