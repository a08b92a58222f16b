"""When certificates, CRLs and kept proxies end, as a look found them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.diagnosis.fact import OUTSIDE, Case, View, Want
from harness.diagnosis.facts.student import CERTS
from harness.diagnosis.facts.trust import HOSTS
from harness.horizon import papers
from harness.horizon.end import End
from harness.pki.authority import Authority
from harness.pki.certificate import Validity
from harness.site import Site
from tests.drill.tried import Told

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = Validity(NOW - timedelta(days=1), NOW + timedelta(days=3))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority.open(tmp_path_factory.mktemp("pki"), days=7)
    with made.supply:
        yield made


def ends(site: Site, want: Want, got: Any, days: int = 16) -> list[End]:
    assert want in [Want(each.place, each.words) for each in papers.wants(site)]
    seen = View({want.place: {json.dumps(want.words): {"got": got}}})
    box: Any = SimpleNamespace(site=site, name="mine")
    return list(papers.ends(Case(box, None, seen), want, days))


def files(**texts: bytes) -> dict[str, dict[str, Any]]:
    return {f"/there/{name}": {"text": text.decode()} for name, text in texts.items()}


def test_a_crl_ends_once_whatever_its_files_are_called(site: Site, authority: Authority) -> None:
    crl = authority.bad_crl(SOON)
    want = Want(OUTSIDE, ("files", papers.REVOCATIONS, True))
    [end] = ends(site, want, files(one=crl, other=crl, spoilt=b"no CRL"))
    assert (end.at, end.where) == (SOON.end, OUTSIDE)
    assert end.what == "the CRL of /C=IT/O=GridBox/CN=GridBox Test CA ends"
    assert "write 16 or more as `school.days`" in end.remedy


@pytest.mark.tries("look again within … days of it: `school.days` of the site file goes no further")
def test_what_ends_beyond_the_longest_school_is_looked_at_again(
    site: Site, authority: Authority, told: Told
) -> None:
    want, found = Want(site.ui.name, ("files", papers.REVOCATIONS, True)), files(one=authority.crl())
    [far] = ends(site, want, found, days=400)
    assert "within 365 days" in told(far.remedy)
    [near] = ends(site, want, found, days=365)
    assert near.remedy.startswith("write 365 or more as `school.days`")


def test_a_ca_and_host_certificates_end(site: Site, authority: Authority) -> None:
    want = Want(site.wn.name, ("files", papers.AUTHORITIES, True))
    [end] = ends(site, want, files(one=authority.cert_pem, other=authority.cert_pem))
    assert end.at == authority.certificate.not_valid_after_utc
    host = authority.host(site.ce.fqdn)
    short = authority.reissued(host, SOON, site.ce.fqdn)
    found = ends(site, Want(site.ce.name, ("files", list(HOSTS), True)), files(own=host.cert_pem, voms=short))
    assert [each.at for each in found] == [host.not_after, SOON.end]


def test_each_student_is_named(site: Site, authority: Authority) -> None:
    student = authority.student("Student One")
    [end] = ends(
        site,
        Want(site.ui.name, ("files", CERTS, True)),
        {"/home/student01/.globus/usercert.pem": {"text": authority.reissued(student, SOON).decode()}},
    )
    assert (end.at, end.where) == (SOON.end, "student01")


def test_a_kept_proxy_ends_and_one_that_is_over_is_nobody_s(site: Site) -> None:
    over, soon = (f"{NOW + timedelta(days=days):%b %d %H:%M:%S %Y GMT}" for days in (-1, 2))
    said = f"= /var/lib/myproxy/a.creds\nsubject=/C=IT/CN=Student One/CN=12345\nnotAfter={soon}\n"
    said += f"= /var/lib/myproxy/b.creds\nsubject=/C=IT/CN=Student Two/CN=6\nnotAfter={over}\n"
    said += "= /var/lib/myproxy/c.creds\nCould not open file\n"
    [end] = ends(site, Want(site.rb.name, ("run", papers.KEPT, "")), {"code": 0, "said": said})
    assert (end.at, end.where) == (NOW + timedelta(days=2), f"Student One at {site.rb.name}")
