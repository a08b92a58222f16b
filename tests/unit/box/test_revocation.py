"""The object that services preload: which certificates it lets pass, by the CRL in the CA directory."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.image import native, part
from harness.pki import keys
from harness.pki.certificate import Issuer, Validity, ca_certificate, person_certificate, revocation_list
from harness.pki.credential import Credential
from harness.pki.names import to_name
from harness.pki.trust import subject_hash

VERIFIER = Path(__file__).with_name("verifier.py")
SOURCE = part.parts_dir() / "revocation/native/revocation.c"
WAYS = pytest.mark.parametrize("way", ["one", "chain"])


@dataclass(frozen=True)
class CaDirectory:
    """A CA directory, a certificate, and the object that judges it."""

    path: Path
    preloaded: Path
    ca: Credential
    person: Credential

    @property
    def issuer(self) -> Issuer:
        return Issuer(self.ca.certificate, self.ca.key)

    @property
    def crl_path(self) -> Path:
        return self.path / f"{subject_hash(self.ca.certificate.subject)}.r0"

    def accepts(self, way: str, *, preload: bool = True) -> bool:
        words = [
            sys.executable,
            VERIFIER,
            way,
            self.path / "person",
            self.path / "ca",
            self.path,
        ]
        loaded = f"{self.preloaded} libcrypto.so.3" if preload else "libcrypto.so.3"
        environment = {"LD_PRELOAD": loaded, "X509_CERT_DIR": str(self.path)}
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0

    def lay(self, *revoked: int, signer: Issuer | None = None, validity: Validity | None = None) -> None:
        moments = dict.fromkeys(revoked, datetime.now(UTC))
        crl = revocation_list(signer or self.issuer, moments, validity or Validity.of_days(7))
        self.crl_path.write_bytes(crl)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], CaDirectory]:
    """A fresh directory for each test; object, CA and certificate are made once."""
    preloaded = tmp_path_factory.mktemp("object") / "revocation.so"
    native.compile_one(SOURCE, preloaded, "-Werror")
    of_ca, of_person = keys.KeyPool().take(2)
    week, name = Validity.of_days(7), to_name("/C=IT/CN=CA")
    ca = Credential.of(ca_certificate(name, of_ca, week), of_ca)
    issuer, subject = Issuer(ca.certificate, of_ca), to_name("/C=IT/CN=Somebody")
    person = Credential.of(person_certificate(issuer, subject, of_person.public_key(), week), of_person)

    def made() -> CaDirectory:
        directory = tmp_path_factory.mktemp("certificates")
        (directory / f"{subject_hash(ca.certificate.subject)}.0").write_bytes(ca.cert_pem)
        (directory / "ca").write_bytes(ca.cert_pem)
        (directory / "person").write_bytes(person.cert_pem)
        return CaDirectory(directory, preloaded, ca, person)

    return made


@WAYS
def test_whoever_is_not_listed_passes(make: Callable[[], CaDirectory], way: str) -> None:
    directory = make()
    directory.lay(directory.person.serial + 1)
    assert directory.accepts(way)


@WAYS
def test_whoever_is_listed_does_not(make: Callable[[], CaDirectory], way: str) -> None:
    directory = make()
    directory.lay(directory.person.serial)
    assert not directory.accepts(way)
    assert directory.accepts(way, preload=False), "the certificate is bad in another way, too"


@WAYS
def test_a_new_list_counts_at_once(make: Callable[[], CaDirectory], way: str) -> None:
    directory = make()
    directory.lay()
    assert directory.accepts(way)
    directory.lay(directory.person.serial)
    assert not directory.accepts(way)


@WAYS
def test_without_a_current_list_nobody_passes(make: Callable[[], CaDirectory], way: str) -> None:
    directory = make()
    assert not directory.accepts(way), "the list is missing"
    directory.lay(validity=Validity.over())
    assert not directory.accepts(way), "the list is out of date"
    directory.crl_path.write_text("no list\n")
    assert not directory.accepts(way), "the list can't be read"
    directory.lay()
    assert directory.accepts(way)


@WAYS
def test_a_list_that_the_ca_did_not_sign_is_none(make: Callable[[], CaDirectory], way: str) -> None:
    directory = make()
    directory.lay(signer=Issuer(directory.ca.certificate, directory.person.key))
    assert not directory.accepts(way)


def test_what_no_ca_signed_needs_no_list(make: Callable[[], CaDirectory]) -> None:
    """A proxy is signed by a person."""
    directory = make()
    (directory.path / f"{subject_hash(directory.ca.certificate.subject)}.0").unlink()
    assert directory.accepts("one")
