"""The CA: what it hands out, keeps and takes back."""

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from harness.errors import HarnessError, HostError, InputError
from harness.pki.authority import LEAF_DAYS, LONGEST_SCHOOL, Authority
from harness.pki.names import CA_DN

CE = "xencenode.sytes.net"


def serials(crl: bytes) -> set[int]:
    return {entry.serial_number for entry in x509.load_pem_x509_crl(crl)}


def test_names_and_lifetimes(authority: Authority) -> None:
    host, student = authority.host(CE), authority.student("Student 01")
    assert authority.dn == CA_DN
    assert host.dn == f"/C=IT/O=GridBox/OU=Host/CN={CE}"
    assert student.dn == "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania/CN=Student 01"
    assert timedelta(days=7) < student.not_after - datetime.now(UTC) <= timedelta(days=7 + LEAF_DAYS)
    assert authority.certificate.not_valid_after_utc > host.not_after


def test_a_host_is_found_by_its_dns_name(authority: Authority) -> None:
    san = authority.host(CE).certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert san.value.get_values_for_type(x509.DNSName) == [CE]


def test_serials_are_positive_and_fit_into_63_bits(authority: Authority) -> None:
    made = (authority.host(CE), authority.student("Student 01"))
    assert all(0 < credential.serial < 2**63 for credential in made)


def test_the_second_call_gives_the_same(place: Path) -> None:
    first = Authority.open(place, days=7).host(CE)
    again = Authority.open(place, days=7).host(CE)
    assert (again.pem, again.serial) == (first.pem, first.serial)


def test_what_ends_before_the_school_is_issued_again(place: Path) -> None:
    short = Authority.open(place, days=7)
    old = short.host(CE)
    longer = Authority.open(place, days=7 + LEAF_DAYS + 1)
    assert longer.cert_pem == short.cert_pem
    assert longer.host(CE).not_after > old.not_after


def test_a_renewed_ca_leaves_what_it_signed_valid(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("harness.pki.authority.CA_DAYS", 2 * LEAF_DAYS)
        early = Authority.open(place, days=7)
        host = early.host(CE)
    late = Authority.open(place, days=LEAF_DAYS + 1)
    assert late.certificate.not_valid_after_utc > early.certificate.not_valid_after_utc
    assert late.certificate.public_key() == early.certificate.public_key()
    host.certificate.verify_directly_issued_by(late.certificate)


def test_a_batch_keeps_names_and_order(authority: Authority) -> None:
    hosts, people = ["b.x.org", "a.x.org"], ["Student 02", "Student 01"]
    issued = authority.issue_all(hosts, people)
    assert list(issued.hosts) == hosts
    assert list(issued.students) == people
    assert issued.hosts["a.x.org"].dn.endswith("/CN=a.x.org")
    assert issued.students["Student 02"].dn.endswith("/CN=Student 02")
    assert authority.issue_all([], []) == ({}, {})
    twice = authority.issue_all([], ["Student 02", "Student 02"])
    assert twice.students == {"Student 02": issued.students["Student 02"]}


def test_a_revoked_credential_is_on_the_crl_and_replaced(place: Path) -> None:
    ca = Authority.open(place, days=7)
    assert serials(ca.crl()) == set()
    old = ca.student("Student 01")
    ca.revoke(old)
    ca.revoke(old)
    assert serials(Authority.open(place, days=7).crl()) == {old.serial}
    assert ca.student("Student 01").serial != old.serial


def test_the_crl_changes_only_when_it_must(place: Path) -> None:
    ca = Authority.open(place, days=7)
    first = ca.crl()
    assert Authority.open(place, days=7).crl() == first
    longer = x509.load_pem_x509_crl(Authority.open(place, days=8 + LEAF_DAYS).crl())
    assert longer.next_update_utc is not None
    assert longer.next_update_utc > datetime.now(UTC) + timedelta(days=8 + LEAF_DAYS)


def test_a_stranger_can_not_be_revoked(authority: Authority, place: Path) -> None:
    with pytest.raises(HarnessError, match="did not issue it"):
        authority.revoke(Authority.open(place, days=7).host(CE))


def test_keys_are_for_the_owner_only(place: Path) -> None:
    ca = Authority.open(place, days=7)
    ca.issue_all([CE], ["Student 01"])
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}


def test_every_certificate_is_recorded(place: Path) -> None:
    ca = Authority.open(place, days=7)
    made = ca.host(CE)
    assert (place / f"issued-{made.serial:016x}.pem").read_bytes() == made.cert_pem


def test_no_key_in_a_repr_or_an_assertion(authority: Authority) -> None:
    credential = authority.student("Student 01")
    assert "PRIVATE" not in f"{credential!r} {credential} {authority!r}"
    assert "Student 01" in repr(credential)
    assert authority.host(CE) != credential


def test_an_old_mode_is_put_right(place: Path) -> None:
    place.mkdir(mode=0o755)
    Authority.open(place, days=7)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_a_credential_of_an_earlier_ca_is_replaced(place: Path) -> None:
    old = Authority.open(place, days=7).host(CE)
    (place / "ca.pem").unlink()
    new = Authority.open(place, days=7)
    assert new.host(CE).serial != old.serial
    assert serials(new.crl()) == set()


def test_a_spoilt_file_is_named(place: Path) -> None:
    Authority.open(place, days=7).host(CE)
    (place / f"host-{CE}.pem").write_text("nonsense")
    with pytest.raises(HarnessError, match="can't read") as caught:
        Authority.open(place, days=7).host(CE)
    assert caught.value.where.endswith(f"host-{CE}.pem")


def test_key_of_another_certificate_is_noticed(place: Path) -> None:
    ca = Authority.open(place, days=7)
    host, student = ca.host(CE), ca.student("Student 01")
    (place / f"host-{CE}.pem").write_bytes(host.cert_pem + student.key_pem)
    with pytest.raises(HarnessError) as caught:
        ca.host(CE)
    assert "do not belong together" in caught.value.why


def test_a_directory_of_another_ca_is_refused(place: Path) -> None:
    Authority.open(place, days=7, dn="/C=IT/O=Elsewhere/CN=Unknown CA")
    with pytest.raises(HarnessError, match="Unknown CA"):
        Authority.open(place, days=7)


@pytest.mark.parametrize("days", [-1, LONGEST_SCHOOL + 1])
def test_impossible_schools(place: Path, days: int) -> None:
    with pytest.raises(InputError, match="outlive"):
        Authority.open(place, days=days)
    assert not place.exists()


def test_a_file_in_the_way(place: Path) -> None:
    place.write_text("")
    with pytest.raises(HostError, match="directory for secrets"):
        Authority.open(place, days=7)


def test_two_at_once_agree(place: Path) -> None:
    def one(_: int) -> int:
        return Authority.open(place, days=7).host(CE).serial

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1


ENDLESS = """
import sys
from pathlib import Path
from harness.pki.authority import Authority
for turn in range(1000):
    ca = Authority.open(Path(sys.argv[1]), days=7)
    ca.revoke(ca.issue_all([f"h{turn}.x.org"], []).hosts[f"h{turn}.x.org"])
    ca.crl()
"""


@pytest.mark.parametrize("moment", [0.02, 0.06, 0.13, 0.2])
def test_a_kill_at_any_moment_leaves_a_whole_ca(place: Path, moment: float) -> None:
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, place])
    while not place.exists():
        time.sleep(0.002)
    time.sleep(moment)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    ca = Authority.open(place, days=7)
    ca.host(CE).certificate.verify_directly_issued_by(ca.certificate)
    recorded = {int(file.name[7:23], 16) for file in place.glob("issued-*")}
    assert serials(ca.crl()) | {ca.host(CE).serial} <= recorded
    assert not list(place.glob(".part-*"))
