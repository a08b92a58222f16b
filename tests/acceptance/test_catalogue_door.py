"""The file catalogue's door: who may not come in."""

import shlex

import pytest

from harness.access.shell import Shell
from harness.actors.badcredentials import BadCredentialsOnUi
from harness.actors.cataloguearea import CATALOGUE
from harness.command import CommandResult
from harness.expect import expect, expect_reason
from harness.pki.badcredentials import Flaw
from harness.site import Site

REFUSALS = {
    Flaw.NONE: "there is no proxy",
    Flaw.EXPIRED: "has expired",
    Flaw.REVOKED: "has been revoked",
    Flaw.UNKNOWN_CA: "CA is not trusted",
    Flaw.STRANGER: "no valid attributes of the VO",
}


@pytest.mark.needs("catalogue")
@pytest.mark.check(
    "CAT-5",
    role="cat",
    title="the catalogue refuses who may not come in, for the right reason",
    learns="Without a proxy, with one that is expired, revoked, of an unknown CA, of no member, or with "
    "attributes that the student signed alone, the catalogue says no (SEC-1 for the LFC).",
    severity="critical",
)
def test_refused(student: Shell, bad_credentials: BadCredentialsOnUi, site: Site) -> None:
    line = f"lfc-ls /grid/{site.vo}"
    student.run(line).expect_success(CATALOGUE)
    for flaw, reason in REFUSALS.items():
        _expect_refused(
            bad_credentials.shell.run(f"{_shown(bad_credentials, flaw)}; {line}"), str(flaw), reason
        )
    forged = _forged(student, site)
    _expect_refused(
        student.run(f"{forged}; {line}"), "attributes signed by the student", REFUSALS[Flaw.STRANGER]
    )


def _shown(bad_credentials: BadCredentialsOnUi, flaw: Flaw) -> str:
    """Makes the credential itself the proxy, so that the catalogue and no client is asked to judge it."""
    certificate, key = bad_credentials.files(flaw)
    proxy = f"{bad_credentials.directory}/{flaw.name}.bare"
    return f"export X509_USER_PROXY={proxy}; [ ! -e {key} ] || (umask 077; cat {certificate} {key} > {proxy})"


def _forged(student: Shell, site: Site) -> str:
    """A proxy with attributes of the VO that the student's own key signed."""
    own = "~/.globus/usercert.pem -hostkey ~/.globus/userkey.pem"
    proxy = f"/tmp/x509up_forged_{shlex.quote(student.account.user)}"
    return (
        f"export X509_USER_PROXY={proxy}; voms-proxy-fake -quiet -out {proxy} -voms {site.vo} "
        f"-hostcert {own} -fqan /{site.vo}/Role=NULL/Capability=NULL -uri {site.rb.fqdn}:15001 >/dev/null"
        " || exit 0"
    )


def _expect_refused(ran: CommandResult, flaw: str, reason: str) -> None:
    expect(
        not ran.ok,
        f"the catalogue lets in what it must refuse: {flaw}",
        why=ran.output,
        remedy="CRL, CA directory and vomsdir of RB must be current (CERT-2), its clock right (TIME-1)",
    )
    expect_reason(f"the catalogue refused ({flaw})", reason, ran.output, ran.where)
