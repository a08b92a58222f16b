"""Security: whom the services must refuse.  What students must not see or do is in test_privacy.py."""

import pytest

from harness.access.shell import Shell
from harness.actors.badcredentials import BadCredentialsOnUi
from harness.checks.marks import SEC_1
from harness.checks.refusal import CURRENT, REFUSING, Refusing
from harness.checks.resting import rest_on
from harness.checks.showing import OWN, show
from harness.expect import every, expect, expect_reason
from harness.pki.badcredentials import Flaw
from harness.probes.handshake import ACCEPTED
from harness.services.health import Health
from harness.site import Site


@SEC_1
@pytest.mark.parametrize("service", [pytest.param(service, id=service.name) for service in REFUSING])
def test_refused(
    student: Shell, bad_credentials: BadCredentialsOnUi, site: Site, health: Health, service: Refusing
) -> None:
    rest_on(health.broken(service.service.name))
    line = service.line(site)
    # voms-proxy-init writes the proxy that it is told of; each try gets a fresh one.
    fresh = f"{bad_credentials.directory}/fresh" if service.name == "VOMS" else ""
    # A service that lets nobody in refuses nothing: a member must get in by the same words.
    allowed = student.run(f"X509_USER_PROXY={fresh} {line}; e=$?; rm -f {fresh}; exit $e" if fresh else line)
    allowed.expect_success(f"{service.name} lets no member in: mend that first (UI-2, CE-1, SE-1)")
    every(service.refusals, lambda flaw: _expect_refused(bad_credentials, site, service, flaw, fresh))
    if service.verdicts:
        _expect_verdicts(bad_credentials, site, service)


def _expect_refused(
    bad_credentials: BadCredentialsOnUi, site: Site, service: Refusing, flaw: Flaw, fresh: str
) -> None:
    credential = bad_credentials.making(flaw, fresh) if fresh else bad_credentials.using(flaw)
    tried, host = bad_credentials.shell.run(f"{credential} {service.line(site)}"), service.node(site).fqdn
    expect(
        not tried.ok,
        f"{service.name} lets in what it must refuse: {flaw}",
        where=host,
        why=tried.output.strip(),
        remedy=CURRENT,
    )
    expect_reason(f"{service.name} refused ({flaw})", service.refusals[flaw], tried.output, host)


def _expect_verdicts(bad_credentials: BadCredentialsOnUi, site: Site, service: Refusing) -> None:
    """Show the certificates past all checks of the client: the server itself must refuse them."""
    host, port = service.node(site).fqdn, service.service.port
    shown = [OWN, *map(bad_credentials.files, service.verdicts)]
    good, *answers = show(bad_credentials.shell, service.service.kind, host, port, shown)
    expect(good == ACCEPTED, "a good certificate is refused as well", where=host, why=good)

    def refused(flaw: Flaw, answer: str) -> None:
        expect(
            answer != ACCEPTED,
            f"port {port} takes a certificate from a client that does not look at it: {flaw}",
            where=host,
            remedy=CURRENT,
        )
        expect_reason(f"the server itself refused ({flaw})", service.verdicts[flaw], answer, host)

    every(zip(service.verdicts, answers, strict=True), lambda pair: refused(*pair))
