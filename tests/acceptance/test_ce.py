"""The computing element, as a student on the UI meets it."""

import pytest

from harness.access.shell import Shell
from harness.site import Site


@pytest.mark.check(
    "CE-1",
    role="ce",
    title="globus-job-run reaches the CE",
    learns="The gatekeeper trusts the student, maps the proxy to a pool account and runs a command.",
    severity="blocker",
)
def test_globus_job_run(student: Shell, site: Site) -> None:
    ran = student.run(f"globus-job-run {site.ce.fqdn} /bin/hostname").expect_success()
    assert ran.stdout.strip() == site.ce.fqdn, f"the CE calls itself {ran.stdout.strip()!r}"
