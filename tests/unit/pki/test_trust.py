"""The trust directory, and what OpenSSL says of it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from harness.pki import trust
from harness.pki.authority import Authority
from harness.pki.badcredentials import KEYS, UNKNOWN_CA_DN, UNREGISTERED, BadCredentials, revoked
from harness.pki.certificate import Validity, ca_certificate
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.names import to_name

CE = "xencenode.sytes.net"
attribute = x509.NameAttribute
NAME_X = attribute(NameOID.COMMON_NAME, "x")
two_in_one = x509.RelativeDistinguishedName([attribute(NameOID.USER_ID, "7"), NAME_X])
NAMES = [
    to_name("/C=IT/O=GridBox/CN=GridBox Test CA"),
    to_name("/DC=org/DC=Example/CN=Ann  Other/emailAddress=Ann@Example.ORG"),
    to_name(r"/C=IT/O=Universit\xC3\x80 di  Catania /CN=x"),
    to_name("/C=IT/O=" + "long " * 12 + "/OU=" + "y" * 64 + "/L=" + "z" * 100),
    x509.Name([attribute(NameOID.COMMON_NAME, "Old Style", _type=_ASN1Type.PrintableString)]),
    x509.Name([two_in_one]),
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hash_is_that_of_openssl(name: x509.Name, tmp_path: Path) -> None:
    certificate = ca_certificate(name, KeyPool().take(1)[0], Validity.of_days(1))
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "x509", "-in", tmp_path / "ca.pem", "-noout", "-subject_hash", "-subject_hash_old"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [trust.subject_hash(name), trust.subject_hash_old(name)] == said.split()


def test_signing_policy_allows_the_names_of_the_box_only() -> None:
    assert trust.signing_policy(NAMES[0]).splitlines() == [
        "access_id_CA   X509    '/C=IT/O=GridBox/CN=GridBox Test CA'",
        "pos_rights     globus  CA:sign",
        "cond_subjects  globus  '\"/C=IT/O=GridBox/*\"'",
    ]


def test_namespaces_allow_the_same_names() -> None:
    assert trust.namespaces(NAMES[0]).splitlines() == [
        "#NAMESPACES-VERSION: 1.0",
        'TO Issuer "/C=IT/O=GridBox/CN=GridBox Test CA" \\',
        '  PERMIT Subject "/C=IT/O=GridBox/.*"',
    ]
    odd = trust.namespaces(to_name("/C=IT/O=Grid (Box) 1.0/CN=CA"))
    assert r'PERMIT Subject "/C=IT/O=Grid \(Box\) 1\.0/.*"' in odd


def lay(authority: Authority, directory: Path) -> Path:
    directory.mkdir()
    for name, content in trust.files(authority).items():
        (directory / name).write_bytes(content)
    for name, target in trust.links(authority).items():
        (directory / name).symlink_to(target)
    return directory


def test_all_stands_there_under_both_hashes(authority: Authority, tmp_path: Path) -> None:
    directory = lay(authority, tmp_path / "certificates")
    endings = ("0", "r0", "signing_policy", "namespaces")
    names = {f"{stem}.{ending}" for stem in ("d68d73c2", "f7a9a02c") for ending in endings}
    assert {file.name for file in directory.iterdir()} == names
    assert (directory / "f7a9a02c.r0").samefile(directory / "d68d73c2.r0"), (
        "a new CRL counts under both hashes"
    )
    assert not any(b"PRIVATE" in content for content in trust.files(authority).values())


def verify(credential: Credential, authority: Authority, directory: Path, *options: str) -> str:
    """What ``openssl verify`` prints, with CRL check and every rule of RFC 5280."""
    trusted = directory / "certificates"
    if trusted.exists():
        shutil.rmtree(trusted)
    lay(authority, trusted)
    (directory / "leaf.pem").write_bytes(credential.cert_pem)
    strict = ["-CApath", trusted, "-crl_check", "-x509_strict"]
    command = ["openssl", "verify", *strict, *options, directory / "leaf.pem"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_openssl_accepts_a_host(authority: Authority, tmp_path: Path) -> None:
    host = authority.host(CE)
    for purpose in ("sslserver", "sslclient"):
        assert "leaf.pem: OK" in verify(host, authority, tmp_path, "-purpose", purpose)
    assert "leaf.pem: OK" in verify(host, authority, tmp_path, "-verify_hostname", CE)
    assert "hostname mismatch" in verify(host, authority, tmp_path, "-verify_hostname", "xensenode.sytes.net")


def test_openssl_accepts_a_student_as_client_only(authority: Authority, tmp_path: Path) -> None:
    student = authority.student("Student 01")
    assert "leaf.pem: OK" in verify(student, authority, tmp_path, "-purpose", "sslclient")
    assert "unsuitable certificate purpose" in verify(student, authority, tmp_path, "-purpose", "sslserver")


@pytest.fixture(scope="module")
def unwanted(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> BadCredentials:
    return BadCredentials.open(
        authority, tmp_path_factory.mktemp("unknown") / "ca", days=7, member="Student 01"
    )


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("expired", "certificate has expired"),
        ("revoked", "certificate revoked"),
        ("unknown_ca", "unable to get local issuer certificate"),
        ("unregistered", "leaf.pem: OK"),
    ],
)
def test_unwanted_credentials_are_refused_for_their_one_reason(
    authority: Authority, unwanted: BadCredentials, tmp_path: Path, kind: str, answer: str
) -> None:
    assert answer in verify(getattr(unwanted, kind), authority, tmp_path)


def test_unwanted_credentials_carry_a_members_name(authority: Authority, unwanted: BadCredentials) -> None:
    member = authority.student("Student 01")
    assert {unwanted.expired.dn, unwanted.revoked.dn, unwanted.unknown_ca.dn} == {member.dn}
    assert unwanted.unregistered.dn.endswith(f"/CN={UNREGISTERED}")
    assert member.serial not in {unwanted.expired.serial, unwanted.revoked.serial}


def test_a_box_makes_one_key_for_credentials_to_be_refused(tmp_path: Path) -> None:
    """Keys are made ahead by that number; nobody else has theirs, and the unknown CA's is its own."""
    taken = []

    class Counted(KeyPool):
        def take(self, count: int) -> list[RSAPrivateKey]:
            taken.extend(made := super().take(count))
            return made

    authority = Authority.open(tmp_path / "pki", days=7, supply=Counted())
    member, made_before = authority.student("Student 01"), len(taken)
    named = revoked(authority, "Student 01")
    assert len(taken) - made_before == KEYS
    made = BadCredentials.open(authority, tmp_path / "ca", days=7, member="Student 01")
    assert made.revoked == named
    keys = [each.key_pem for each in (made.expired, made.revoked, made.unknown_ca, made.unregistered)]
    assert len(set(keys)) == 1
    unknown = Authority.open(tmp_path / "ca", days=7, dn=UNKNOWN_CA_DN)
    shared = made.expired.certificate.public_key()
    assert shared not in [a.certificate.public_key() for a in (member, authority, unknown)]
    BadCredentials.open(authority, tmp_path / "ca", days=7, member="Student 01")
    assert len(taken) - made_before == KEYS + 1, "the unknown CA's, once"


def test_unwanted_credentials_are_kept(authority: Authority, tmp_path: Path) -> None:
    first = BadCredentials.open(authority, tmp_path / "ca", days=7, member="Student 02")
    assert BadCredentials.open(authority, tmp_path / "ca", days=7, member="Student 02") == first
    assert first.revoked.serial in {entry.serial_number for entry in x509.load_pem_x509_crl(authority.crl())}
