"""Who may not come in at the broker, and whose jobs are whose."""

from collections.abc import Callable

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors.badcredentials import BadCredentialsOnUi
from harness.actors.gridjobs import BROKER, GridJobs, expect_said, hello
from harness.checks.marks import SEC_1, SEC_2
from harness.checks.showing import OWN, show
from harness.expect import every, expect, expect_reason
from harness.pki.badcredentials import Flaw
from harness.probes.handshake import ACCEPTED
from harness.site import Site

REFUSALS = {
    Flaw.NONE: "UI_PROXY_NOT_FOUND",
    Flaw.EXPIRED: "UI_PROXY_EXPIRED",
    Flaw.REVOKED: "certificate revoked",
    Flaw.UNKNOWN_CA: "unknown ca",
    Flaw.STRANGER: "UI_NO_VOMS",
}
"""What the student reads."""
VERDICTS = {
    Flaw.EXPIRED: "CERTIFICATE_EXPIRED",
    Flaw.REVOKED: "CERTIFICATE_REVOKED",
    Flaw.UNKNOWN_CA: "UNKNOWN_CA",
}
"""What the broker itself says to a client that looks at no certificate."""
DOOR = 7443


@pytest.mark.needs("broker")
@SEC_1
@pytest.mark.parametrize("service", ["WMS"])
def test_refused(
    handed_in_by: Callable[[Shell], GridJobs],
    student: Shell,
    bad_credentials: BadCredentialsOnUi,
    site: Site,
    service: str,
) -> None:
    jobs = handed_in_by(student)
    jobs.write("hw.jdl", hello())
    # A broker that takes nobody's job refuses nothing: a member must get in by the same words.
    line = f"cd {jobs.directory} && glite-job-submit --nomsg --vo {site.vo} hw.jdl"
    allowed = jobs.student.run(line).expect_success("mend WMS-1 first")
    jobs.ids.append(allowed.stdout.strip())
    # No command makes a proxy of an expired certificate; the certificate itself does as one.
    certificate, key = bad_credentials.files(Flaw.EXPIRED)
    bare = f"umask 077; cat {certificate} {key} > {bad_credentials.proxy(Flaw.EXPIRED)}"
    bad_credentials.shell.run(bare).expect_success(LOGIN)
    every(REFUSALS, lambda flaw: _expect_refused(bad_credentials, site, flaw, line))
    _expect_verdicts(bad_credentials, site)


def _expect_refused(bad_credentials: BadCredentialsOnUi, site: Site, flaw: Flaw, line: str) -> None:
    tried = bad_credentials.shell.run(
        f"export X509_USER_PROXY={bad_credentials.directory}/{flaw.name}.proxy; {line}"
    )
    expect(not tried.ok, f"the broker lets in what it must refuse: {flaw}", where=site.rb.fqdn, remedy=BROKER)
    expect_reason(f"the broker refused ({flaw})", REFUSALS[flaw], tried.output, site.rb.fqdn)


def _expect_verdicts(bad_credentials: BadCredentialsOnUi, site: Site) -> None:
    """Show the certificates past all checks of the client: the broker must refuse them."""
    host, shown = site.rb.fqdn, [OWN, *map(bad_credentials.files, VERDICTS)]
    good, *answers = show(bad_credentials.shell, "tls", host, site.public_port(site.rb, DOOR), shown)
    expect(good == ACCEPTED, "a good certificate is refused", where=host, why=good, remedy=BROKER)
    every(
        zip(VERDICTS.items(), answers, strict=True),
        lambda pair: expect_reason(f"the broker itself refused ({pair[0][0]})", pair[0][1], pair[1], host),
    )


@pytest.mark.needs("broker")
@SEC_2
def test_jobs_of_others(
    jobs: GridJobs, other_student: Shell, jobs_of: Callable[[Shell], GridJobs], site: Site
) -> None:
    job = jobs.submit(hello("only for me"))
    other = jobs_of(other_student)
    for command in (
        "glite-job-status",
        "glite-job-logging-info",
        "glite-job-output",
        "glite-job-cancel --noint",
    ):
        other.refused(
            f"{command} {job}", ["LB_API_ERROR", "NS_JOB_CANCEL_NOT_ALLOWED", "NS_JOB_OUTPUT_NOT_ALLOWED"]
        )
    listed = other.run("glite-job-status --all").output
    expect(job not in listed, "--all shows another's job", where=site.rb.fqdn, remedy=BROKER)
    jobs.succeed([job])
    expect_said(jobs.output(job), ["only for me"], site.rb.fqdn)
