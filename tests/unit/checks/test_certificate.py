"""Faults of a host certificate."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from harness.checks import certificate
from harness.checks.trust import Trust, TrustFile
from harness.pki import trust
from harness.pki.authority import Authority

FQDN = "xencenode.sytes.net"
NOW = datetime.now(UTC)
WEEK = NOW + timedelta(days=7)


@pytest.fixture
def own(authority: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.host(FQDN).cert_pem)


def faults(own: x509.Certificate, trusted: Trust, **changed: object) -> str:
    parts = {"fqdn": FQDN, "now": NOW, "until": WEEK} | changed
    return " ".join(certificate.faults([own], trust=trusted, **parts))  # type: ignore[arg-type]


def test_none(own: x509.Certificate, trusted: Trust) -> None:
    assert faults(own, trusted) == ""


def test_of_another_host(own: x509.Certificate, trusted: Trust) -> None:
    assert faults(own, trusted, fqdn="xensenode.sytes.net") == (
        "the certificate is for xencenode.sytes.net, not for xensenode.sytes.net"
    )


def test_ends_before_the_school(own: x509.Certificate, trusted: Trust) -> None:
    assert "before the school does" in faults(own, trusted, until=own.not_valid_after_utc + timedelta(1))


def test_ended(own: x509.Certificate, trusted: Trust) -> None:
    after = own.not_valid_after_utc + timedelta(1)
    assert faults(own, trusted, now=after, until=after).startswith("it ended on")


def test_not_yet_valid(own: x509.Certificate, trusted: Trust) -> None:
    assert "only from" in faults(own, trusted, now=own.not_valid_before_utc - timedelta(1))


def test_of_a_stranger(own: x509.Certificate) -> None:
    assert "is not trusted" in faults(own, Trust({}))


def test_signed_by_another_key_of_the_same_name(own: x509.Certificate, tmp_path: Path) -> None:
    twin = Authority.open(tmp_path / "twin", days=7)
    files = {name: TrustFile(name, 0o644, text.decode()) for name, text in trust.files(twin).items()}
    assert "it is not signed by the trusted CA" in faults(own, Trust(files))


def test_a_name_that_the_policy_does_not_let_the_ca_sign(own: x509.Certificate, authority: Authority) -> None:
    files = {name: TrustFile(name, 0o644, text.decode()) for name, text in trust.files(authority).items()}
    (name,) = (name for name in files if name.endswith(".signing_policy"))
    policy = files[name].text.replace("/C=IT/O=GridBox/", "/C=IT/O=Elsewhere/")
    said = faults(own, Trust(files | {name: TrustFile(name, 0o644, policy)}))
    assert said.startswith("the signing policy does not let /")
    assert said.endswith(f"/CN={FQDN}")


@pytest.mark.parametrize(
    ("number", "critical", "says"),
    [
        ("1.2.3.4.5", True, "it has a critical extension that nobody knows (1.2.3.4.5)"),
        ("1.2.3.4.5", False, ""),
        (certificate.PROXY.dotted_string, True, ""),
    ],
)
def test_what_nobody_knows_and_everybody_has_to_is_refused(
    authority: Authority, own: x509.Certificate, trusted: Trust, number: str, *, critical: bool, says: str
) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier(number), b"\x05\x00")
    made = (
        x509.CertificateBuilder(own.issuer, own.subject, own.public_key(), own.serial_number)
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
        .add_extension(strange, critical)
    )
    for each in own.extensions:
        made = made.add_extension(each.value, each.critical)
    assert faults(made.sign(authority._issuer.key, SHA256()), trusted) == says


def test_revoked(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "ca", days=7)
    credential = authority.issue_all([FQDN], []).hosts[FQDN]
    authority.revoke(credential)
    files = {name: TrustFile(name, 0o644, text.decode()) for name, text in trust.files(authority).items()}
    revoked = x509.load_pem_x509_certificate(credential.cert_pem)
    assert faults(revoked, Trust(files)) == "it is revoked"
