"""Secrets are made once, kept close, and never shown."""

import base64
import json
import re
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from harness.errors import HarnessError
from harness.pki.authority import Authority
from harness.secrets import LENGTHS, Secrets
from harness.state import checkout


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets.open(tmp_path / "secrets")


@pytest.fixture(scope="module")
def key_pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A private key as proxies hold it."""
    return Authority.open(tmp_path_factory.mktemp("pki"), days=7).student("Student 01").key_pem.decode()


def test_values_are_words_of_their_length(secrets: Secrets) -> None:
    assert {name: len(value) for name, value in secrets.values.items()} == LENGTHS
    assert all(value.isascii() and value.isalnum() for value in secrets.values.values())
    assert len(set(secrets.values.values())) == len(LENGTHS)


def test_keys_are_base64_as_their_users_want_it(secrets: Secrets) -> None:
    # munged takes 32 to 1024 bytes; RFC 8945 wants a TSIG key at least as long as the digest, 32 here
    assert len(base64.b64decode(secrets.munge_key, validate=True)) == 96
    assert len(base64.b64decode(secrets.tsig_key, validate=True)) == 33


def test_the_same_the_next_time(secrets: Secrets, tmp_path: Path) -> None:
    key = secrets.ssh_key("student01")
    again = Secrets.open(tmp_path / "secrets")
    assert again.values == secrets.values
    assert again.ssh_key("student01") == key


def test_the_tunnel_has_a_key_pair_for_each_node(secrets: Secrets, tmp_path: Path) -> None:
    pair = secrets.tunnel_key("xencenode")
    private = X25519PrivateKey.from_private_bytes(base64.b64decode(pair.private))
    assert base64.b64decode(pair.public) == private.public_key().public_bytes_raw()
    assert Secrets.open(tmp_path / "secrets").tunnel_key("xencenode") == pair
    assert secrets.tunnel_key("xenwnnode") != pair


def test_the_tunnels_private_key_is_never_shown(secrets: Secrets, tmp_path: Path) -> None:
    pair = secrets.tunnel_key("xencenode")
    later = Secrets.open(tmp_path / "secrets")
    for each in (secrets, later):
        shown = each.redact(f"PrivateKey = {pair.private}\nPublicKey = {pair.public}")
        assert pair.private not in shown
        assert pair.public in shown
    assert stat.S_IMODE((tmp_path / "secrets" / "tunnel-xencenode").stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("content", ["c2hvcnQ=", "no base64"])
def test_a_tunnels_key_that_is_none(secrets: Secrets, tmp_path: Path, content: str) -> None:
    secrets.tunnel_key("xencenode")
    (tmp_path / "secrets" / "tunnel-xencenode").write_text(content)
    with pytest.raises(HarnessError, match="can't read a tunnel's key"):
        secrets.tunnel_key("xencenode")


def test_another_box_has_others(secrets: Secrets, tmp_path: Path) -> None:
    assert not set(secrets.values.values()) & set(Secrets.open(tmp_path / "other").values.values())


def test_a_value_that_a_later_version_wants_is_added(secrets: Secrets, tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "values.json"
    file.write_text(json.dumps({"voms_password": secrets.voms_password}))
    later = Secrets.open(tmp_path / "secrets")
    assert later.voms_password == secrets.voms_password
    assert later.munge_key != secrets.munge_key
    assert json.loads(file.read_text()) == later.values


def test_files_are_for_the_owner_only(secrets: Secrets, tmp_path: Path) -> None:
    secrets.ssh_key("root")
    directory = tmp_path / "secrets"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} == {0o600}


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_spoilt_file_is_named(secrets: Secrets, tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets" / "values.json").write_text(content)
    with pytest.raises(HarnessError) as caught:
        Secrets.open(tmp_path / "secrets")
    assert caught.value.where.endswith("values.json")


def test_a_spoilt_ssh_key_is_named(secrets: Secrets) -> None:
    secrets.ssh_key("root").path.write_text("nonsense")
    with pytest.raises(HarnessError) as caught:
        secrets.ssh_key("root")
    assert caught.value.where.endswith("ssh-root")


def test_ssh_itself_reads_the_key(secrets: Secrets) -> None:
    key = secrets.ssh_key("student01")
    read = subprocess.run(["ssh-keygen", "-y", "-f", key.path], capture_output=True, text=True, check=True)
    assert read.stdout.split()[:2] == key.public.split()[:2]
    assert key.public.startswith("ssh-ed25519 ")
    assert key.public.endswith(" student01@gridbox")


def test_nothing_secret_in_a_repr(secrets: Secrets) -> None:
    shown = f"{secrets!r} {secrets} {secrets.ssh_key('root')!r}"
    assert secrets.redact(shown) == shown


def test_values_are_replaced_by_their_names(secrets: Secrets) -> None:
    text = f"vomsd --pass={secrets.voms_password}; {json.dumps(secrets.values)}"
    assert secrets.redact(text).startswith("vomsd --pass=[voms_password removed];")
    assert not any(value in secrets.redact(text) for value in secrets.values.values())


def shapes(pem: str) -> dict[str, str]:
    """The ways a key may come into a report; the secret part is between the words before and after."""
    lines = pem.splitlines()
    half = len(lines) // 2
    return {
        "whole": pem,
        "json": json.dumps(pem)[1:-1],
        "twice in json": json.dumps(json.dumps(pem))[3:-3],
        "repr": repr(pem.encode())[2:-1],
        "carriage returns": pem.replace("\n", "\r\n"),
        "indented": "\n".join(f"    {line}" for line in lines),
        "numbered": "\n".join(f"{number}: {line}" for number, line in enumerate(lines)),
        "in a log": "\n".join(f"Nov 22 10:00:00 ce x[7]: {line}" for line in lines),
        "head": "\n".join(lines[:half]),
        "tail": "\n".join(lines[half:]),
        "tail in json": json.dumps("\n".join(lines[half:]))[1:-1],
        "shortened in the middle": pem[:200] + "..." + pem[-200:],
        "in one line": " ".join(lines),
    }


@pytest.mark.parametrize("shape", shapes("a\nb\n"))
def test_an_unknown_key_is_removed(secrets: Secrets, key_pem: str, shape: str) -> None:
    text = secrets.redact(f"before.\n{shapes(key_pem)[shape]}\n(after)")
    assert "private key removed" in text
    assert not any(line[:20] in text for line in key_pem.splitlines()[1:-1])
    assert text.startswith("before.")
    assert text.endswith("(after)")


@pytest.mark.parametrize("slip", [lambda lines: lines[7], lambda lines: "".join(lines[3:6]), "\n > ".join])
def test_a_slip_of_a_known_key_is_removed(secrets: Secrets, key_pem: str, slip: object) -> None:
    lines = key_pem.splitlines()[1:-1]
    secrets.learn(key_pem.encode())
    assert callable(slip)
    text = secrets.redact(f"grep says: {slip(lines)} so.")
    assert not any(line[:20] in text for line in lines if len(line) >= 40)
    assert text.startswith("grep says: ")


def test_own_ssh_keys_are_known_without_being_asked_for(secrets: Secrets, tmp_path: Path) -> None:
    lines = secrets.ssh_key("root").path.read_text().splitlines()
    assert lines[2] not in Secrets.open(tmp_path / "secrets").redact(f"x {lines[2]} y")


@pytest.mark.parametrize("kind", ["PKCS8", "EC", "encrypted"])
def test_every_kind_of_key_block(secrets: Secrets, kind: str) -> None:
    key = generate_private_key(SECP256R1())
    form = PrivateFormat.TraditionalOpenSSL if kind == "EC" else PrivateFormat.PKCS8
    cipher = BestAvailableEncryption(b"x") if kind == "encrypted" else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, form, cipher).decode()
    assert secrets.redact(f"a\n{pem}b") in ("a\n[private key removed]\nb", "a\n[private key removed]b")


def test_certificates_and_other_text_stay(secrets: Secrets, tmp_path: Path, key_pem: str) -> None:
    secrets.learn(key_pem.encode())
    authority = Authority.open(tmp_path / "pki", days=7)
    text = authority.cert_pem.decode() + "sha256 " + "0f" * 32 + "\n/usr/lib/very/long/path/" + "a" * 50
    assert secrets.redact(text) == text


def test_a_proxy_keeps_its_certificates(secrets: Secrets, tmp_path: Path) -> None:
    student = Authority.open(tmp_path / "pki", days=7).student("Student 01")
    proxy = (student.cert_pem + student.key_pem + student.cert_pem).decode()
    cleaned = secrets.redact(proxy)
    assert cleaned.count(student.cert_pem.decode()) == 2
    assert "PRIVATE KEY-----" not in cleaned


def test_a_long_text_full_of_markers(secrets: Secrets, key_pem: str) -> None:
    secrets.learn(key_pem.encode())
    words = ("word " * 50 + "A" * 64 + "\n") * 4000
    text = words + "-----END PRIVATE KEY-----" + "-----BEGIN PRIVATE KEY-----" * 50
    # If its time grew with the square of the length, this would take minutes.
    assert secrets.redact(text).startswith("word word")


def test_no_secret_is_a_word_of_a_command_line() -> None:
    """Everyone on a machine reads those (proc_pid_cmdline(5)), if only for the moment until it hides it."""
    given = r"""\s--?(p|pass(word|wd|phrase|in|out)?[= ])["']?(pass:)?"""
    shown = re.compile(rf"{given}(\$\(|`|\$\{{?\w*pass|\{{+ ?\w*\.?\w*pass)")
    assert shown.search(' --password="$(cat x)"')
    assert shown.search(" -p$(cat x)")
    assert shown.search(" -passin pass:{secrets.voms_password}")
    tops = [checkout() / each for each in ("harness", "box", "gridware", "fixtures")]
    files = [path for top in tops for path in top.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    lines = [(path, line) for path in files for line in path.read_text(errors="replace").splitlines()]
    assert len(files) > 500
    assert [(path, line) for path, line in lines if shown.search(line)] == []
