"""Revocation while services run: a new CRL counts at once, for those that look at none by themselves."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.access.shell import LOGIN, Shell
from harness.box.box import Box
from harness.checks.marks import SEC_1
from harness.checks.refusal import CURRENT, REFUSING, Refusing
from harness.checks.trust import DIRECTORY
from harness.command import CommandResult
from harness.expect import expect, expect_reason
from harness.pki.authority import Authority
from harness.pki.badcredentials import Flaw
from harness.pki.credential import Credential
from harness.site import Node

PLACE = ".icebox-revocation"
"""In the student's home, for what this check lays there."""
SHOWN = {
    "VOMS": f"X509_USER_CERT={PLACE}/cert X509_USER_KEY={PLACE}/key X509_USER_PROXY={PLACE}/fresh",
    "XRootD": f"X509_USER_PROXY={PLACE}/proxy",
}
"""What a student shows to the services that load box/parts/revocation: a certificate, then its proxy."""
ASKED = tuple(service for service in REFUSING if service.name in SHOWN)


@pytest.fixture
def authority(box: Box, tmp_path: Path) -> Authority:
    """The box's CA in a copy, so that the box knows nothing of what is issued and revoked here."""
    first = box.site.students[0]
    copy = Path(shutil.copytree(box.files.pki, tmp_path / "pki"))
    own = Authority.open(copy, days=box.site.school_days)
    kept = own.student(first.common_name)
    for path in copy.glob("student-*.pem"):
        if path.read_bytes() == kept.pem:
            path.unlink()
    return own


@pytest.fixture
def crls(box: Box, root_of: Callable[[Node], Shell]) -> Iterator[dict[Node, str]]:
    """The CRL's path on the nodes of those services; what stood there is put back."""
    nodes = {service.node(box.site) for service in ASKED}
    # The file itself: the one by the old hash is a link to it.
    find = f"find {DIRECTORY} -name '*.r0' -type f"
    paths = {node: root_of(node).run(find).check().stdout.strip() for node in nodes}
    kept = {node: root_of(node).get(path) for node, path in paths.items()}
    yield paths
    for node, path in paths.items():
        root_of(node).put(path, kept[node])


@pytest.fixture
def member(student: Shell, authority: Authority, box: Box) -> Iterator[Credential]:
    """A second certificate of the first student, in his hands at the UI, below PLACE."""
    made = authority.student(box.site.students[0].common_name)
    student.run(f"rm -rf {PLACE} && mkdir -m 700 {PLACE}").expect_success(LOGIN)
    student.put(f"{PLACE}/cert", made.cert_pem, 0o600)
    student.put(f"{PLACE}/key", made.key_pem, 0o400)
    yield made
    student.run(f"rm -rf {PLACE}").expect_success(LOGIN)


@SEC_1
@pytest.mark.alone
def test_at_once(
    box: Box,
    student: Shell,
    authority: Authority,
    member: Credential,
    crls: dict[Node, str],
    root_of: Callable[[Node], Shell],
) -> None:
    def ask(service: Refusing) -> CommandResult:
        return student.run(f"{SHOWN[service.name]} {service.line(box.site)}")

    for service in ASKED:
        ask(service).expect_success(CURRENT)
        student.run(f"cp -p {PLACE}/fresh {PLACE}/proxy").expect_success(LOGIN)
    authority.revoke(member)
    for node, path in crls.items():
        root_of(node).put(path, authority.crl())
    for service in ASKED:
        tried, host = ask(service), service.node(box.site).fqdn
        what = f"{service.name} lets a member in whose certificate was revoked while it runs"
        expect(not tried.ok, what, where=host, why=tried.output, remedy="look at box/parts/revocation")
        expect_reason(f"{service.name} refused (revoked)", service.refusals[Flaw.REVOKED], tried.output, host)
        student.run(service.line(box.site)).expect_success(CURRENT)
