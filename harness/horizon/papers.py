"""Ends of certificates, of lists of what is revoked, and of proxies that MyProxy keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.checks.trust import DIRECTORY
from harness.diagnosis.fact import OUTSIDE, Case, Want
from harness.diagnosis.facts.student import CERTS
from harness.diagnosis.facts.trust import HOSTS
from harness.horizon.end import End
from harness.site import Site

if TYPE_CHECKING:
    from cryptography import x509

AUTHORITIES = [f"{DIRECTORY}/*.0"]
REVOCATIONS = [f"{DIRECTORY}/*.r0"]
KEPT = (
    "find /var/lib/myproxy -name '*.creds' -mmin +30 | while read -r kept; do "
    'echo "= $kept"; openssl x509 -noout -subject -nameopt compat -enddate -in "$kept" 2>&1; done'
)
"""Says of each proxy whose it is and when it ends; the private key beside it stays where it is.  What checks
store is gone within half an hour."""
OVER = re.compile(r"^notAfter=(?P<end>.+?) *$", re.MULTILINE)
WHOSE = re.compile(r"/CN=(?P<name>[^/]*[^/0-9][^/]*)/CN=[0-9]+")
"""The person of a proxy, whose name has further CN that are numbers."""
LONGEST_SCHOOL = 365
"""Days that a site file may ask for."""
STUDENTS = "a student's certificate"
FAR = f"look again within {LONGEST_SCHOOL} days of it: `school.days` of the site file goes no further"
LAID = (
    "write {days} or more as `school.days` into the site file; `./icebox stop --box {box}` and "
    "`./icebox start --box {box}` lay what lasts so long"
)


def wants(site: Site) -> Iterator[Want]:
    """Looks at all machines."""
    for place in (*(node.name for node in site.nodes), OUTSIDE):
        yield Want(place, ("files", AUTHORITIES, True))
        yield Want(place, ("files", REVOCATIONS, True))
    for node in site.nodes:
        yield Want(node.name, ("files", list(HOSTS), True))
    yield Want(site.ui.name, ("files", CERTS, True))
    yield Want(site.rb.name, ("run", KEPT, ""))


def ends(case: Case, want: Want, days: int) -> Iterator[End]:
    """When what a look of ``wants`` found is over; what can't be read is a finding of others.

    ``days`` are those that it is to last.
    """
    remedy = LAID.format(days=days, box=case.box.name) if days <= LONGEST_SCHOOL else FAR
    found, kind = case.view.got(want), want.words[1]
    if kind == KEPT:
        yield from _kept(want.place, found["said"])
    elif kind == REVOCATIONS:
        yield from _revocations(want.place, found, remedy)
    elif kind == AUTHORITIES:
        means = "nothing that it signed counts there"
        yield from _certificates(want.place, found, "the CA", means, remedy)
    elif kind == CERTS:
        for path, told in found.items():
            means = "its student gets no proxy"
            yield from _certificates(path.split("/")[2], {path: told}, STUDENTS, means, remedy)
    else:
        means = "clients refuse its services"
        yield from _certificates(want.place, found, "the host certificate", means, remedy)


def _certificates(
    where: str, files: dict[str, dict[str, Any]], what: str, means: str, remedy: str
) -> Iterator[End]:
    from harness.pki.names import to_slash

    seen = set()
    for certificate in _read(files):
        if certificate.serial_number not in seen:  # a CA lies there under two names
            seen.add(certificate.serial_number)
            whose = f" {to_slash(certificate.subject)}" if what == "the CA" else ""
            yield End(certificate.not_valid_after_utc, f"{what}{whose} ends", where, means, remedy)


def _read(files: dict[str, dict[str, Any]]) -> Iterable[x509.Certificate]:
    from cryptography import x509

    for told in files.values():
        try:
            yield x509.load_pem_x509_certificate(told.get("text", "").encode())
        except ValueError:
            continue


def _revocations(where: str, files: dict[str, dict[str, Any]], remedy: str) -> Iterator[End]:
    from cryptography import x509

    from harness.pki.names import to_slash

    first: dict[str, datetime] = {}
    for told in files.values():
        try:
            revoked = x509.load_pem_x509_crl(told.get("text", "").encode())
        except ValueError:
            continue
        if revoked.next_update_utc is not None:
            whose = to_slash(revoked.issuer)
            first[whose] = min(revoked.next_update_utc, first.get(whose, revoked.next_update_utc))
    for whose, at in first.items():
        means = "all that this CA signed is refused there"
        yield End(at, f"the CRL of {whose} ends", where, means, remedy)


def _kept(where: str, said: str) -> Iterator[End]:
    """Proxies that have ended are of jobs that have, too."""
    now = datetime.now(UTC)
    for part in ("\n" + said).split("\n= ")[1:]:
        over, whose = OVER.search(part), WHOSE.search(part)
        if over is None:
            continue
        at = datetime.strptime(over["end"], "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
        if at > now:
            yield End(
                at,
                "a proxy that MyProxy keeps ends",
                f"{whose['name']} at {where}" if whose else where,
                "jobs of that person are not renewed any more",
                "have that person store another: `myproxy-init -d -n`",
            )
