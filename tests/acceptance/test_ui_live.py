"""User interface: what students look up is true at the moment."""

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors.poolaccount import PoolAccount
from harness.checks import notice, space
from harness.expect import NotYet, eventually, expect, in_seconds
from harness.grid.batch import Job
from harness.grid.gram import parse_submit
from harness.grid.infosites import BDII, CeRow, SeRow, parse_ce, parse_se
from harness.grid.storage import gsiftp
from harness.site import Queue, Site

SOON = 90.0
"""Seconds for a change to show up in the information system, on a busy machine."""
AREA = "`systemd-tmpfiles --create` on the SE makes its area; see `df -h` of it"
GRAM = "read /var/log/globus/gram_*.log on the CE; check WN-4 tells more"


@pytest.mark.check(
    "UI-3",
    role="ui",
    title="lcg-infosites lists this site with real numbers",
    learns="What students look up is true: CPUs, jobs and space are those of the moment, not leftovers.",
    severity="critical",
)
@pytest.mark.parametrize(
    "option",
    [
        pytest.param("ce", marks=pytest.mark.needs("gatekeeper", "bdii", "slurmctld")),
        pytest.param("se", marks=pytest.mark.needs("gridftp")),
    ],
)
def test_live_infosites(
    student: Shell,
    site: Site,
    ce: Shell,
    se: Shell,
    worker: str,
    option: str,
    end_job: str,
    request: pytest.FixtureRequest,
) -> None:
    if option == "ce":
        _expect_live_jobs(student, site, PoolAccount.first(ce, site.vo), end_job)
    else:
        _expect_live_space(student, site, se, f"{site.storage}/ui3-{worker}")
        listed = _se_row(student, site)
        free = listed.available if listed else None
        notice.warn(request.node, list(space.scarce(site.se.name, free or 0)), space.REMEDY)


def _expect_live_jobs(student: Shell, site: Site, account: PoolAccount, end_job: str) -> None:
    queue = site.queues[-1]
    before = _in_queue(account, queue)
    rows = _ce_rows(student, site)
    expect(set(rows) == {each.name for each in site.queues}, f"listed queues: {sorted(rows)}", remedy=BDII)
    slots = sum(node.slots for node in account.worker_nodes() if node.up)
    expect(
        all(row.counted and row.total == slots for row in rows.values()),
        f"CPUs listed: { {name: row.total for name, row in rows.items()} }; pbsnodes counts {slots}",
        remedy=BDII,
    )
    submitted = student.run(
        f"globus-job-submit {site.ce.fqdn}:2119/jobmanager-pbs -q {queue.name} /bin/sleep 300"
    ).expect_success("check WN-4 tells more")
    contact = parse_submit(submitted.stdout)
    came: set[int] = set()

    def in_queue() -> bool:
        came.update(_in_queue(account, queue).keys() - before.keys())
        return bool(came)

    def gone() -> bool:
        return not came <= _in_queue(account, queue).keys()

    try:
        eventually(
            f"a job to reach queue {queue.name}", in_queue, seconds=SOON, where=site.ce.name, remedy=GRAM
        )
        _expect_agreement(student, site, account, queue)
    finally:
        student.run(f"{end_job} {contact.url}")
    eventually(f"a job to leave queue {queue.name}", gone, seconds=SOON, where=site.ce.name, remedy=GRAM)
    _expect_agreement(student, site, account, queue)


def _in_queue(account: PoolAccount, queue: Queue) -> dict[int, Job]:
    """Jobs that wait or run in a queue, anybody's."""
    return {number: job for number, job in account.jobs().items() if job.queue == queue.name and not job.done}


def _expect_agreement(student: Shell, site: Site, account: PoolAccount, queue: Queue) -> None:
    """lcg-infosites and qstat come to count the same jobs of the queue."""

    def agree() -> bool:
        row = _ce_rows(student, site)[queue.name]
        jobs = _in_queue(account, queue).values()
        running, waiting = sum(job.running for job in jobs), sum(job.waiting for job in jobs)
        if (row.running, row.waiting, row.jobs) == (running, waiting, running + waiting):
            return True
        raise NotYet(
            f"lcg-infosites counts {row.running} running and {row.waiting} waiting ({row.jobs} in all), "
            f"qstat {running} running and {waiting} waiting"
        )

    what = f"lcg-infosites to count the jobs in queue {queue.name} as qstat does"
    in_seconds(what, agree, seconds=SOON, where=site.ui.name, remedy=BDII)


def _ce_rows(student: Shell, site: Site) -> dict[str, CeRow]:
    rows = parse_ce(student.run(f"lcg-infosites --vo {site.vo} ce").expect_success(BDII).stdout)
    return {row.ce.queue: row for row in rows if row.ce.host == site.ce.fqdn}


def _expect_live_space(student: Shell, site: Site, se: Shell, path: str) -> None:
    url = gsiftp(site.se.fqdn, path)
    local = student.run("mktemp").expect_success(LOGIN).stdout.strip()
    try:
        put = f"head -c 4000000 /dev/zero > {local} && globus-url-copy file://{local} {url}"
        student.run(put).expect_success("check SE-2 tells more")
        what = "lcg-infosites to list the space that df and du count on the SE"
        eventually(
            what, lambda: _space_agrees(student, site, se), seconds=SOON, where=site.ui.name, remedy=BDII
        )
    finally:
        student.run(f"rm -f {local}; edg-gridftp-rm {url}")


def _space_agrees(student: Shell, site: Site, se: Shell) -> bool:
    """Within what other checks may write meanwhile, and what else uses the disk of a dom0."""
    row = _se_row(student, site)
    free = int(se.run(["df", "--output=avail", "-k", site.storage]).expect_success(AREA).stdout.split()[-1])
    used = int(se.run(["du", "-sk", site.storage]).expect_success(AREA).stdout.split()[0])
    if row is None or row.available is None or row.used is None:
        raise NotYet(f"lcg-infosites lists no space of {site.se.fqdn}: {row}")
    if row.used >= 3900 and abs(row.used - used) <= 64 and abs(row.available - free) <= 0.02 * free:
        return True
    raise NotYet(
        f"lcg-infosites lists {row.available} kB free and {row.used} used, the SE has {free} and {used}"
    )


def _se_row(student: Shell, site: Site) -> SeRow | None:
    rows = parse_se(student.run(f"lcg-infosites --vo {site.vo} se").expect_success(BDII).stdout)
    return next((row for row in rows if row.se == site.se.fqdn), None)
