"""Certificates: what the services show, and what every machine trusts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import allure
import pytest
from cryptography import x509

from harness.access.shell import Shell
from harness.box.box import Box
from harness.checks import certificate, service, together, trust
from harness.checks.resting import rest_on
from harness.checks.service import Entrance, NoCertificate
from harness.checks.trust import Trust
from harness.expect import expect_none
from harness.pki.names import to_slash
from harness.services.health import Health
from harness.site import Node, Site

HOST_CERTIFICATE = "/etc/grid-security/hostcert.pem"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def school_end(site: Site, now: datetime) -> datetime:
    """When the last day of the school is over."""
    return now + timedelta(days=site.school_days)


@pytest.mark.check(
    "CERT-1",
    role="cert",
    title="host certificates are right and outlive the school",
    learns="Each service shows a certificate of its own public name, from a trusted CA, that lasts.",
    severity="blocker",
)
def test_host_certificates(
    box: Box,
    site: Site,
    outside: Shell,
    root_of: Callable[[Node], Shell],
    now: datetime,
    school_end: datetime,
    health: Health,
) -> None:
    trusted = trust.read(outside)
    entrances = service.secure(box)
    broken = health.broken_at(entrance.target for entrance in entrances)
    alive = [entrance for entrance in entrances if entrance.target not in broken]

    def on_disk(node: Node) -> Iterator[str]:
        shown = root_of(node).run(["cat", HOST_CERTIFICATE])
        where = f"{HOST_CERTIFICATE} of {node}"
        if not shown.ok:
            yield f"{where}: {shown.stderr.strip()}"
            return
        yield from _faults(where, lambda: _parsed(shown.stdout), node, trusted)

    def served(entrance: Entrance) -> Iterator[str]:
        where = f"{entrance.service} of {entrance.node}, port {entrance.row.first} from outside"
        yield from _faults(where, entrance.certificates, entrance.node, trusted)

    def _faults(
        where: str, get: Callable[[], list[x509.Certificate]], node: Node, trusted: Trust
    ) -> Iterator[str]:
        try:
            chain = get()
        except (NoCertificate, ValueError) as error:
            yield f"{where}: no certificate to be had: {error or type(error).__name__}"
            return
        own = chain[0]
        with allure.step(f"{where}: {to_slash(own.subject)}, until {own.not_valid_after_utc}"):
            for fault in certificate.faults(chain, node.fqdn, trusted, now, school_end):
                yield f"{where}: {fault}"

    expect_none(
        [*together.problems(site.nodes, on_disk), *together.problems(alive, served)],
        "host certificates are not what clients expect",
        remedy="./icebox stop and ./icebox start make new ones where they are needed and lay them",
    )
    rest_on(broken.values())


def _parsed(text: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(text.encode())


@pytest.mark.check(
    "CERT-2",
    role="cert",
    title="every machine has the CA, its signing policy and a current CRL",
    learns="One missing or outdated file only shows as failed jobs and transfers: the original's worst trap.",
    severity="blocker",
)
def test_trust(
    site: Site, outside: Shell, root_of: Callable[[Node], Shell], now: datetime, school_end: datetime
) -> None:
    wanted = trust.read(outside)
    machines = [("outside", outside), *((node.name, root_of(node)) for node in site.nodes)]

    def faults(machine: tuple[str, Shell]) -> Iterator[str]:
        name, shell = machine
        for fault in _faults_of(trust.read(shell), now, school_end):
            yield f"{name}: {fault}"

    def _faults_of(found: Trust, now: datetime, until: datetime) -> Iterator[str]:
        told = list(found.faults(now, until))
        yield from told
        for file in wanted.files.values():
            if any(file.name in fault for fault in told):
                continue
            if file.name not in found.files:
                yield f"{file.name} is missing"
            elif found.files[file.name].text != file.text:
                yield f"{file.name} is not the same as outside"

    expect_none(
        together.problems(machines, faults),
        "grid services and clients can't tell whom to trust",
        where=trust.DIRECTORY,
        remedy="./icebox stop and ./icebox start lay CA, signing policy and a fresh CRL on every machine",
    )
