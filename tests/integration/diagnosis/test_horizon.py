"""What ends in a box before a day: seen, proved by its nodes' own openssl, and gone when it is mended."""

import shlex
from datetime import UTC, datetime, timedelta

import pytest

from harness.box.box import Box
from harness.checks.trust import DIRECTORY
from harness.faults import papers
from harness.horizon import horizon
from harness.horizon.horizon import Ahead
from harness.pki.certificate import Validity
from tests.drill.tried import Told
from tests.integration.diagnosis.breaking import Breaking

DAYS = 14


def soon() -> Validity:
    now = datetime.now(UTC)
    return Validity(now - timedelta(days=1), now + timedelta(days=3))


def ahead(box: Box, days: float = DAYS) -> Ahead:
    return horizon.look(box, datetime.now(UTC) + timedelta(days=days))


def one(box: Box) -> str:
    found = ahead(box).warnings()
    assert len(found) == 1, found
    return found[0]


def test_a_crl_that_ends_on_one_node_is_told_and_that_node_s_openssl_proves_it(breaking: Breaking) -> None:
    box = breaking.box
    crl = shlex.quote(papers.authority(box).bad_crl(soon()).decode())
    keep = f"cp -a {DIRECTORY} /root/kept && for each in {DIRECTORY}/*.r0; do echo {crl} > $each; done"
    breaking.put("se", keep, f"rm -rf {DIRECTORY} && mv /root/kept {DIRECTORY}")
    found = ahead(box)
    [line] = found.warnings()
    assert "the CRL of /C=IT/O=GridBox/CN=GridBox Test CA ends (xensenode)" in line
    whys = {node.name: tried.whys for node, tried in found.tried.items()}
    assert whys.pop("xensenode") == ("CRL has expired",)
    assert set(whys.values()) == {()}
    # Until the day before it ends all is well, and the nodes say so of each certificate.
    before = ahead(box, 2)
    assert before.warnings() == []
    # That of the host, and those of two students; SE and RB have copies for services that are not root's.
    assert {node.name: tried.good for node, tried in before.tried.items()} == {
        "xencenode": 3,
        "xenwnnode": 3,
        "xensenode": 4,
        "xenuinode": 3,
        "xenrbnode": 5,
    }


@pytest.mark.tries(
    "`scontrol delete ReservationName=…` there", "do what each line says before its day, and validate again"
)
def test_a_reservation_for_others(breaking: Breaking, told: Told) -> None:
    made = "scontrol create reservation=others starttime=now+3days duration=60 users=root nodes=ALL"
    breaking.put("ce", made, "scontrol delete ReservationName=others || true")
    line = one(breaking.box)
    assert "the batch system reserves xenwnnode for others (others) (xencenode)" in line
    told(line.partition("Do before: ")[2])
    told(horizon.REMEDY)
    breaking.type("ce", "scontrol delete ReservationName=others")
    assert ahead(breaking.box).warnings() == []


@pytest.mark.tries("`chage -E -1 -M 99999 …` there")
def test_an_account_that_expires(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "chage -E $(date -d '+3 days' +%F) student01", "chage -E -1 student01")
    line = one(breaking.box)
    assert "the account student01 expires (xenuinode)" in line
    told(line.partition("Do before: ")[2])
    breaking.type("ui", "chage -E -1 -M 99999 student01")
    assert ahead(breaking.box).warnings() == []


@pytest.mark.tries("have that person store another: `myproxy-init -d -n`")
def test_a_proxy_that_is_kept_for_renewal(breaking: Breaking, told: Told) -> None:
    box = breaking.box
    student = box.student(box.site.students[0])
    aged = "touch -d '1 hour ago' /var/lib/myproxy/*.creds"

    def stored(hours: int) -> None:
        student.run(f"myproxy-init -d -n -c {hours}").check()
        breaking.type("rb", aged)

    try:
        stored(48)
        line = one(box)
        assert "a proxy that MyProxy keeps ends (Student 01 at xenrbnode)" in line
        told(line.partition("Do before: ")[2])
        stored(24 * (DAYS + 2))
        assert ahead(box).warnings() == []
    finally:
        student.run("myproxy-destroy -d")
