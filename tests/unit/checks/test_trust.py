"""Faults of a trust directory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from harness.checks import trust
from harness.checks.trust import Trust, TrustFile
from harness.pki.authority import Authority
from harness.pki.names import to_name
from harness.pki.trust import subject_hash_old

NOW = datetime.now(UTC)
WEEK = NOW + timedelta(days=7)
Files = dict[str, TrustFile]


def faults(files: Files, now: datetime = NOW, until: datetime = WEEK) -> list[str]:
    return list(Trust(files).faults(now, until))


def ending(files: Files, end: str) -> str:
    return next(name for name in files if name.endswith(end))


def test_none(files: Files) -> None:
    assert faults(files) == []


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (".0", "the certificate"),
        (".r0", "the CRL"),
        (".signing_policy", "the signing policy"),
        (".namespaces", ""),
    ],
)
def test_missing(files: Files, end: str, said: str) -> None:
    """By the hash that OpenSSL looks for, or by the older one alone."""
    for name in [name for name in files if name.endswith(end)]:
        (fault,) = faults({other: file for other, file in files.items() if other != name})
        assert name in fault
        assert said in fault
        assert "is missing" in fault


def test_no_ca(files: Files) -> None:
    assert faults({name: file for name, file in files.items() if not name.endswith(".0")}) == [
        "there is no CA"
    ]


def test_a_new_crl_under_one_hash_alone(files: Files, authority: Authority) -> None:
    name = f"{subject_hash_old(authority.certificate.subject)}.r0"
    files[name] = replace(files[name], text="last month's")
    assert faults(files) == [f"{name} is not the same as {ending(files, '.r0')}"]


def test_unreadable(files: Files) -> None:
    name = ending(files, ".0")
    files[name] = replace(files[name], mode=0o600)
    assert faults(files) == [f"{name} can't be read by everyone (mode 600)"]
    kept = files | {
        name: replace(files[name], mode=0o644),
        f"{name}.old": replace(files[name], name=f"{name}.old"),
    }
    assert faults(kept) == [], "nobody reads a copy that somebody kept"


@pytest.mark.parametrize(("end", "said"), [(".0", "is no certificate"), (".r0", "is no CRL")])
def test_garbage(files: Files, end: str, said: str) -> None:
    name = ending(files, end)
    files[name] = replace(files[name], text="garbage")
    assert f"{name} {said}" in faults(files)


@pytest.mark.parametrize("end", [".signing_policy", ".namespaces"])
def test_policy_of_another_ca(files: Files, end: str) -> None:
    name = ending(files, end)
    files[name] = replace(files[name], text=files[name].text.replace("GridBox Test CA", "Another"))
    assert f"{name} is not about /C=IT/O=GridBox/CN=GridBox Test CA" in faults(files)


def test_crl_ended(files: Files, trusted: Trust, authority: Authority) -> None:
    revocations = trusted.revocations(authority.certificate.subject)
    assert revocations is not None
    assert revocations.next_update_utc is not None
    later = revocations.next_update_utc + timedelta(hours=1)
    assert any("ended on" in fault for fault in faults(files, later, later))


def test_crl_ends_before_the_school(files: Files, trusted: Trust, authority: Authority) -> None:
    end = trusted.revocations(authority.certificate.subject).next_update_utc  # type: ignore[union-attr]
    assert any("ends on" in fault for fault in faults(files, NOW, end + timedelta(hours=1)))


def test_crl_of_another_key(files: Files, tmp_path) -> None:  # type: ignore[no-untyped-def]
    other = Authority.open(tmp_path / "other", days=7)
    name = ending(files, ".r0")
    files[name] = replace(files[name], text=other.crl().decode())
    assert any("is not signed by" in fault for fault in faults(files))


def test_wrong_hash(files: Files) -> None:
    name = ending(files, ".0")
    files["01234567.0"] = replace(files[name], name="01234567.0")
    assert any("which is looked for as" in fault for fault in faults(files))


def test_policy_lets_sign_own_names_alone(trusted: Trust, authority: Authority) -> None:
    ca: x509.Name = authority.certificate.subject
    assert trusted.may_sign(ca, to_name("/C=IT/O=GridBox/OU=Host/CN=xencenode.sytes.net"))
    assert not trusted.may_sign(ca, to_name("/C=IT/O=Elsewhere/CN=xencenode.sytes.net"))


def test_listing_is_read() -> None:
    listing = "=== 0a.0 644\n-----BEGIN\nx\n=== 0a.r0 600\ny\n"
    assert list(trust.parse(listing)) == [
        TrustFile("0a.0", 0o644, "-----BEGIN\nx\n"),
        TrustFile("0a.r0", 0o600, "y\n"),
    ]
