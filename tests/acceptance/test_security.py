"""Security: whom the services must refuse.  What students must not see or do is in test_privacy.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.access.shell import LOGIN, Shell
from harness.box.box import Box
from harness.checks.marks import SEC_1
from harness.checks.resting import rest_on
from harness.grid import handshake
from harness.grid.errors import expect
from harness.grid.refusal import CURRENT, REFUSING, Flaw, Refusing, expect_reason
from harness.grid.unwelcome import Unwelcome
from harness.services.health import Health
from harness.site import Site

HANDSHAKE = Path(handshake.__file__).read_text()


@pytest.fixture(scope="session")
def unwelcome(box: Box) -> Iterator[Unwelcome]:
    """Each unwanted credential in the first student's hands, with a proxy of it if one can be made."""
    made = Unwelcome.lay_out(box)
    yield made
    made.remove()


@SEC_1
@pytest.mark.parametrize(
    ("service", "flaw"),
    [
        pytest.param(service, flaw, id=f"{service.name}, {flaw}")
        for service in REFUSING
        for flaw in service.refusals
    ],
)
def test_refused(
    student: Shell, unwelcome: Unwelcome, site: Site, health: Health, service: Refusing, flaw: Flaw
) -> None:
    rest_on(health.broken(service.service.name))
    line, host = service.line(site), service.node(site).fqdn
    # voms-proxy-init writes the proxy that it is told of; each try gets a fresh one.
    fresh = f"{unwelcome.directory}/fresh" if service.name == "VOMS" else ""
    # A service that lets nobody in refuses nothing: a member must get in by the same words.
    allowed = student.run(f"X509_USER_PROXY={fresh} {line}; e=$?; rm -f {fresh}; exit $e" if fresh else line)
    allowed.expect_success(f"{service.name} lets no member in: mend that first (UI-2, CE-1, SE-1)")
    credential = unwelcome.making(flaw, fresh) if fresh else unwelcome.using(flaw)
    tried = unwelcome.shell.run(f"{credential} {line}")
    expect(
        not tried.ok,
        f"{service.name} lets in what it must refuse: {flaw}",
        where=host,
        why=tried.output.strip(),
        remedy=CURRENT,
    )
    expect_reason(f"{service.name} refused ({flaw})", service.refusals[flaw], tried.output, host)
    if flaw in service.verdicts:
        _expect_verdict(unwelcome, service, flaw, host)


def _expect_verdict(unwelcome: Unwelcome, service: Refusing, flaw: Flaw, host: str) -> None:
    """Show the certificate past all checks of the client: the server itself must refuse it."""

    port = service.service.port

    def show(certificate: str, key: str) -> str:
        line = f"python3 - {service.service.kind} {host} {port} {certificate} {key}"
        return unwelcome.shell.run(line, stdin=HANDSHAKE).expect_success(LOGIN).stdout.strip()

    good = show("~/.globus/usercert.pem", "~/.globus/userkey.pem")
    expect(good == handshake.ACCEPTED, "a good certificate is refused as well", where=host, why=good)
    answer = show(*unwelcome.files(flaw))
    expect(
        answer != handshake.ACCEPTED,
        f"port {port} takes a certificate from a client that does not look at it: {flaw}",
        where=host,
        remedy=CURRENT,
    )
    expect_reason(f"the server itself refused ({flaw})", service.verdicts[flaw], answer, host)
