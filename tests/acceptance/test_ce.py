"""The computing element, as a student meets it: from the UI, and from a laptop outside."""

import re

import pytest

from harness.access.shell import Shell
from harness.access.terminal import Terminal
from harness.checks import fromlaptop
from harness.checks.fromlaptop import at_laptop
from harness.command import TIMED_OUT
from harness.expect import expect
from harness.grid import ldif
from harness.site import Queue, Site

GATEKEEPER = (
    "error code 7: see CERT-2 and TIME-1; if they pass, what the CE maps by: "
    "`./icebox restore ce /etc/grid-security /etc/lcmaps`, `systemd-tmpfiles --create` there; "
    "error code 3, if `hostname` there is not its name: `./icebox restore ce /etc/hostname`, then "
    "`hostname -F /etc/hostname`; `journalctl -u globus-gatekeeper` on the CE says what it lacks"
)
CALLING = (
    "the CE must reach the laptop at any port: `nft list ruleset` on the dom0 shows what is let out, "
    "and ./icebox stop and start lays it anew"
)
STATE = re.compile(r"GLOBUS_GRAM_PROTOCOL_JOB_STATE_(\w+)")
CALL_BACK = 60.0
"""Seconds that a job of no length may take to its end on a busy machine."""
BDII = (
    "`systemctl restart bdii-slapd bdii` on the CE; "
    "`journalctl -u bdii` there tells what it could not find out"
)


@pytest.mark.needs("gatekeeper")
@pytest.mark.check(
    "CE-1",
    role="ce",
    title="globus-job-run reaches the CE",
    learns="The gatekeeper trusts the student, maps the proxy to a pool account and runs a command.",
    severity="blocker",
)
def test_globus_job_run(student: Shell, site: Site) -> None:
    ran = student.run(f"globus-job-run {site.ce.fqdn} /bin/hostname").expect_success(GATEKEEPER)
    _expect_ce(ran.stdout, site)
    account = student.run(f"globus-job-run {site.ce.fqdn} /usr/bin/id -un").expect_success(GATEKEEPER)
    expect(
        account.stdout.strip().startswith(site.vo),
        f"the student became {account.stdout.strip()!r} on the CE, not a pool account of {site.vo}",
        remedy="`./icebox restore ce /etc/grid-security /etc/lcmaps`",
    )


@pytest.mark.needs("bdii@ce")
@pytest.mark.check(
    "CE-2",
    role="ce",
    title="the CE publishes its queues as ready for production",
    learns="Brokers and students find this CE: each queue stands in its information system, open to the VO.",
    severity="critical",
)
def test_published(student: Shell, site: Site) -> None:
    answer = student.run(
        f"ldapsearch -x -LLL -H ldap://{site.ce.fqdn}:2170 -b mds-vo-name=resource,o=grid "
        "'(objectClass=GlueCE)'"
    ).expect_success(BDII)
    published = {entry.one("GlueCEUniqueID"): entry for entry in ldif.parse(answer.stdout)}
    expected = {f"{site.ce.fqdn}:2119/jobmanager-pbs-{queue.name}": queue for queue in site.queues}
    expect(
        set(published) == set(expected),
        f"the CE publishes {sorted(published) or 'no queue'}; the site has {sorted(expected)}",
        where=site.ce.name,
        remedy=BDII,
    )
    for name, entry in published.items():
        _expect_open(entry, expected[name], site)


def _expect_open(entry: ldif.Entry, queue: Queue, site: Site) -> None:
    status = entry.one("GlueCEStateStatus")
    expect(
        status == "Production",
        f"queue {queue.name} is published as {status or 'nothing'}, not as Production",
        where=site.ce.name,
        remedy=f"if `qstat -q` on the CE does not show {queue.name} as E R: "
        f"`scontrol update partitionname={queue.name} state=UP` there; else {BDII}",
    )
    minutes = entry.number("GlueCEPolicyMaxWallClockTime")
    expect(
        minutes == queue.minutes,
        f"queue {queue.name} is published with {minutes} minutes as its limit; the site says {queue.minutes}",
        where=site.ce.name,
        remedy=BDII,
    )
    expect(
        f"VO:{site.vo}" in entry.all("GlueCEAccessControlBaseRule"),
        f"queue {queue.name} is not published as open to {site.vo}",
        where=site.ce.name,
        remedy=BDII,
    )


@pytest.mark.needs("gatekeeper")
@pytest.mark.check(
    "CE-3",
    role="ce",
    title="a job from outside reaches the CE",
    learns="A trainee's own laptop can run jobs: the forwarded ports carry request and output, and the job "
    "manager calls the laptop back when the job's state changes.",
    severity="critical",
)
@pytest.mark.parametrize("where", ["outside_student", at_laptop(*fromlaptop.GRAM)])
def test_from_outside(request: pytest.FixtureRequest, where: str, site: Site) -> None:
    outside: Terminal = request.getfixturevalue(where)
    typed = f"globus-job-run {site.ce.fqdn}:2119/jobmanager-fork /bin/hostname"
    ran = outside.run(typed)
    # The gatekeeper took it: what does not come is the output, by a connection of the CE's own.
    way_in = f"if CE-1 passes, the way in is closed: look at NET-4 and DNS-1; {GATEKEEPER}"
    ran.expect_success(CALLING if ran.exit_code == TIMED_OUT else way_in)
    _expect_ce(ran.stdout, site)
    # Waits for call-backs alone: globusrun asks for nothing.
    typed = f"globusrun -r {site.ce.fqdn}:2119/jobmanager-pbs '&(executable=/bin/true)'"
    told = outside.run(typed, timeout=CALL_BACK)
    states = STATE.findall(told.output)
    expect(
        told.ok and states[-1:] == ["DONE"],
        f"the laptop heard of the job's states {', '.join(states) or 'nothing'}, not of its end",
        where=told.where,
        why=told.output,
        remedy=f"{CALLING}; {GATEKEEPER}",
    )


def _expect_ce(printed: str, site: Site) -> None:
    expect(
        printed.strip() == site.ce.fqdn,
        f"the job ran on a machine that calls itself {printed.strip()!r}, not {site.ce.fqdn}",
        remedy="`./icebox restore ce /etc/hostname`, then `hostname -F /etc/hostname` there; "
        "look at NET-4, whether port 2119 leads elsewhere",
    )
