"""What a proxy file says of its holder."""

import datetime as dt
import os
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gridware.x509 import certificate
from gridware.x509.proxykind import outdated, outdated_file

KEY = ec.generate_private_key(ec.SECP256R1())
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PERSON = [
    (NameOID.DOMAIN_COMPONENT, "org"),
    (NameOID.COUNTRY_NAME, "IT"),
    (NameOID.ORGANIZATION_NAME, "School"),
    (NameOID.COMMON_NAME, "Student 01"),
]
HOLDER = "/DC=org/C=IT/O=School/CN=Student 01"
PROXY_INFO = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14"), b"\x30\x00")
POLICY_AUTHORITY = b"gilda://xenrbnode.sytes.net:15000"
ATTRIBUTES = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.8005.100.100.5"),
    bytes.fromhex("060a2b06010401be45646404") + b"\x31\x2b\x30\x29\xa0\x23\x86\x21" + POLICY_AUTHORITY,
)

Pairs = list[tuple[x509.ObjectIdentifier, str]]


def made(
    subject: Pairs,
    issuer: Pairs,
    ends: dt.datetime = START + dt.timedelta(days=365),
    *extensions: x509.ExtensionType,
) -> bytes:
    """A certificate, PEM."""
    subject_name, issuer_name = (
        x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs]) for pairs in (subject, issuer)
    )
    builder = x509.CertificateBuilder(issuer_name, subject_name, KEY.public_key(), 1, START, ends)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


def proxy(*extensions: x509.ExtensionType, ends: dt.datetime = START + dt.timedelta(hours=12)) -> bytes:
    return made([*PERSON, (NameOID.COMMON_NAME, "123")], PERSON, ends, PROXY_INFO, *extensions)


CA: Pairs = [(NameOID.COMMON_NAME, "CA")]
MEMBER = made(PERSON, CA)


def test_a_proxy_with_its_person() -> None:
    key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    found = certificate.chain(proxy(ATTRIBUTES) + key + MEMBER)
    assert found == (HOLDER, (START + dt.timedelta(hours=12)).timestamp(), "gilda")


def test_a_proxy_of_a_proxy() -> None:
    subject = [*PERSON, (NameOID.COMMON_NAME, "123")]
    second = made([*subject, (NameOID.COMMON_NAME, "4")], subject, START + dt.timedelta(days=1), PROXY_INFO)
    assert certificate.chain(second + proxy(ATTRIBUTES) + MEMBER)[::2] == (HOLDER, "gilda")


def test_what_ends_first_counts() -> None:
    late = proxy(ends=dt.datetime(2051, 2, 3, 4, 5, 6, tzinfo=dt.UTC))
    assert certificate.chain(late).ends == dt.datetime(2051, 2, 3, 4, 5, 6, tzinfo=dt.UTC).timestamp()
    assert certificate.chain(late + MEMBER).ends == (START + dt.timedelta(days=365)).timestamp()


def test_without_the_persons_certificate_the_issuer_is_the_person() -> None:
    assert certificate.chain(proxy()) == (HOLDER, (START + dt.timedelta(hours=12)).timestamp(), "")


def test_a_persons_own_certificate() -> None:
    assert certificate.chain(MEMBER)[::2] == (HOLDER, "")


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (NameOID.COMMON_NAME, "René", r"/CN=Ren\xC3\xA9"),
        (NameOID.EMAIL_ADDRESS, "a@b.it", "/emailAddress=a@b.it"),
        (x509.ObjectIdentifier("1.2.840.113549.1.9.2"), "x", "/1.2.840.113549.1.9.2=x"),
    ],
)
def test_names_as_openssl_writes_them(kind: x509.ObjectIdentifier, text: str, shown: str) -> None:
    assert certificate.chain(made([(kind, text)], CA)).identity == shown


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"a proxy",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n!!!!!\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAQwAgUA\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_proxy(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"certificate"):
        certificate.chain(text)


def test_nothing_but_a_value_error_comes_of_broken_ones() -> None:
    der = ssl.PEM_cert_to_DER_cert(MEMBER.decode())
    for place in range(len(der)):
        for broken in (der[:place], der[:place] + bytes([der[place] ^ 0x55]) + der[place + 1 :]):
            with suppress(ValueError):
                certificate.chain(ssl.DER_cert_to_PEM_cert(broken).encode())


def old(name: str, *extensions: x509.ExtensionType) -> bytes:
    return made([*PERSON, (NameOID.COMMON_NAME, name)], PERSON, START, *extensions)


GT3 = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.3536.1.222"), b"\x30\x00")


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        (old("proxy") + MEMBER, "GT2 (-old"),
        (old("limited proxy") + MEMBER, "GT2 (-old"),
        (old("123", GT3) + MEMBER, "GT3 (-draft"),
        (proxy() + old("proxy") + MEMBER, "GT2 (-old"),
    ],
)
def test_proxies_of_old_kinds_are_known(chain: bytes, why: str) -> None:
    assert f"of the old kind {why}" in outdated(chain)


@pytest.mark.parametrize("chain", [proxy() + MEMBER, old("proxy", PROXY_INFO) + MEMBER, MEMBER, b"", b"x"])
def test_no_other_file_is_taken_for_one(chain: bytes) -> None:
    assert outdated(chain) == ""


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
def test_small_keys_are_known(bits: int) -> None:
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Student 01")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, START, START + dt.timedelta(days=1))
    text = builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)
    small = "it has a key of 1024 bits, and 2048 are the least here; make one without -bits"
    assert outdated(text) == outdated(MEMBER + text) == (small if bits == 1024 else "")


def test_no_file_is_read_without_end() -> None:
    assert outdated_file("/dev/zero") == ""


@pytest.mark.parametrize("command", ["glite-job-submit", "glite-job-list-match", "glite-wms-job-status"])
def test_a_proxy_of_an_old_kind_is_refused_in_words(ui: Any, command: str) -> None:
    Path(os.environ["X509_USER_PROXY"]).write_bytes(old("proxy"))
    ran = ui.run(command, *(["--all"] if "status" in command else ["hw.jdl"]))
    assert (ran.code, "GT2 (-old, -proxyver 2), which this grid does not let in" in ran.err) == (1, True)
    assert not ui.broker.sent


UI_PROGRAMS = Path(__file__).parents[3] / "box/parts/ui/tree/usr/local/bin"


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("voms-proxy-init -voms gilda -old", "the broker, GRAM, GridFTP and MyProxy refuse"),
        ("voms-proxy-init -proxyver 2", "the broker, GRAM, GridFTP and MyProxy refuse"),
        ("voms-proxy-init --proxyver 3", "the broker and the file catalogue refuse"),
        ("grid-proxy-init -old", "the broker, GRAM, GridFTP and MyProxy refuse"),
        ("grid-proxy-init -draft", "the broker and the file catalogue refuse"),
        ("voms-proxy-init -voms gilda -hours 2", ""),
        ("grid-proxy-init -proxyver 4", ""),
        ("voms-proxy-init -voms gilda -bits 2048", ""),
    ],
)
def test_who_makes_one_is_warned(command: str, refused: str, tmp_path: Path) -> None:
    name = command.partition(" ")[0]
    wanted = f"{name}: warning: this makes a proxy of an old kind, which {refused}; leave the option out\n"
    assert warned(command, tmp_path) == (wanted if refused else "")


@pytest.mark.parametrize("option", ["-bits 1024", "--bits=512"])
def test_who_makes_a_small_key_is_warned(option: str, tmp_path: Path) -> None:
    told = warned(f"voms-proxy-init -voms gilda {option}", tmp_path)
    size = option.replace("=", " ").partition(" ")[2]
    assert f"a proxy with a key of {size} bits, which every service refuses; leave the option out" in told


def warned(command: str, tmp_path: Path) -> str:
    """What the program of the UI says; in the place of the real one stands an echo of the test's own."""
    name, *words = command.split()
    text = (UI_PROGRAMS / name).read_text().replace("/usr/bin/$name", f"{tmp_path}/real-$name")
    (tmp_path / f"real-{name}").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / name).write_text(text)
    for made in tmp_path.iterdir():
        made.chmod(0o755)
    ran = subprocess.run([tmp_path / name, *words], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == words
    return ran.stderr
