"""DNs in slash form, both ways."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from harness.errors import InputError
from harness.pki.certificate import Validity, ca_certificate
from harness.pki.keys import KeyPool
from harness.pki.names import CA_DN, host_dn, student_dn, to_name, to_slash

DNS = [
    CA_DN,
    "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania/CN=Student 01",
    "/DC=org/DC=example/UID=42/CN=Ann Other/emailAddress=ann@example.org",
    "/C=IT/O=a=b/CN=x",
    r"/C=IT/O=Universit\xC3\xA0/CN=Niccol\xC3\xB2",
]


WITH_SLASH = "/C=IT/O=GridBox/OU=Host/CN=host/xencenode.sytes.net"
"""The old name of a service; OpenSSL 3.5 escapes its slash, the grid does not."""


@pytest.mark.parametrize("dn", [*DNS, WITH_SLASH])
def test_there_and_back(dn: str) -> None:
    assert to_slash(to_name(dn)) == dn


@pytest.mark.parametrize("dn", DNS)
def test_is_what_openssl_writes(dn: str, tmp_path: Path) -> None:
    certificate = ca_certificate(to_name(dn), KeyPool().take(1)[0], Validity.of_days(1))
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "x509", "-in", tmp_path / "ca.pem", "-noout", "-subject", "-nameopt", "compat"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert text.strip().removeprefix("subject=").strip() == dn


def test_old_spelling_of_an_address_is_understood() -> None:
    assert to_slash(to_name("/O=x/Email=a@b.org")) == "/O=x/emailAddress=a@b.org"


@pytest.mark.parametrize("text", ["", "CN=x", "/", "/CN", "C=IT/CN=x", "/X=1", "/C=Italy", "/CN="])
def test_what_is_no_dn_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="DN"):
        to_name(text)


def test_names_of_the_box() -> None:
    assert host_dn("xencenode.sytes.net") == "/C=IT/O=GridBox/OU=Host/CN=xencenode.sytes.net"
    assert student_dn("Student 01") == "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania/CN=Student 01"


@pytest.mark.parametrize("fqdn", ["", "a b", "-a.org", "a..b", "../etc/x", "x/CN=y", "a" * 65, "a\n"])
def test_impossible_host_names(fqdn: str) -> None:
    with pytest.raises(InputError, match="host name"):
        host_dn(fqdn)


@pytest.mark.parametrize("name", ["", " x", "x/CN=y", "a\\x41", "x" * 65, "a\nb"])
def test_impossible_common_names(name: str) -> None:
    with pytest.raises(InputError, match="common name"):
        student_dn(name)
