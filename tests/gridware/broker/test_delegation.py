"""What proxies have signed for RB is of use again, as long as it lasts."""

import subprocess
import time
from pathlib import Path

import pytest

from gridware.wms.broker import delegation
from gridware.wms.broker.delegation import DelegatedCredentials, DelegationError

PROXY, OTHER = b"a proxy", b"another proxy"


@pytest.fixture
def credential(tmp_path: Path) -> bytes:
    """A certificate for a day, and its key."""
    made = tmp_path / "made.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "1", "-subj", "/CN=x"]
    subprocess.run([*words, "-keyout", made, "-out", made], check=True, capture_output=True)
    return made.read_bytes()


def test_what_a_proxy_signed_is_for_that_proxy_alone(credential: bytes) -> None:
    held = DelegatedCredentials()
    assert held.of(PROXY) is None
    held.keep(PROXY, credential)
    assert held.of(PROXY) == credential
    assert held.of(OTHER) is None


def test_it_ends_with_its_certificate(credential: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    held = DelegatedCredentials()
    held.keep(PROXY, credential)
    end = delegation.expiry(credential)
    monkeypatch.setattr(time, "time", lambda: end)
    assert held.of(PROXY) is None


def test_it_is_forgotten_when_nobody_needs_it(credential: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    held = DelegatedCredentials()
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    held.keep(PROXY, credential)
    for _time in range(3):
        clock[0] += DelegatedCredentials.KEPT - 1
        assert held.of(PROXY) == credential
    clock[0] += DelegatedCredentials.KEPT + 1
    assert held.of(PROXY) is None


def test_what_many_jobs_have_is_read_once(
    credential: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / str(number) for number in range(3)]
    for path in paths:
        path.write_bytes(credential)
    first = delegation.left(paths[0])
    monkeypatch.setattr(delegation.certificate, "chain", None)
    assert all(first - 60 < delegation.left(path) <= first for path in paths)
    monkeypatch.undo()
    paths[0].write_bytes(b"renewed, and broken")
    with pytest.raises(ValueError, match="there is no certificate"):
        delegation.left(paths[0])


def test_a_certificate_for_another_key_is_refused(credential: bytes) -> None:
    """Its proxy would be of no use, and somebody else's."""
    key, wanted = delegation.request()
    assert wanted.startswith(b"-----BEGIN CERTIFICATE REQUEST-----")
    with pytest.raises(DelegationError, match="not for the key"):
        delegation.credential(key, credential)
    with pytest.raises(DelegationError):
        delegation.credential(key, b"rubbish")


def test_a_proxy_file_is_the_new_certificate_its_key_and_its_signers(credential: bytes) -> None:
    end = credential.index(b"-----BEGIN CERTIFICATE-----")
    key, certificate = credential[:end], credential[end:]
    made = delegation.credential(key, certificate + certificate.strip() + b"\n")
    assert made == certificate + key + certificate
