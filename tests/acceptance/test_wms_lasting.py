"""Jobs that outlive what they began with: the broker's power, and their own proxy."""

from collections.abc import Iterator

import pytest

from harness.access.shell import Shell
from harness.actors.executioncount import ExecutionCount
from harness.actors.gridjobs import BROKER, LATE, LOST, GridJobs, said, script
from harness.box.box import Box
from harness.box.ready import wait_until_ready
from harness.box.restart import unplug
from harness.errors import CheckFailed, WaitError
from harness.expect import expect, expect_none, in_seconds
from harness.grid.jobs import JobState
from harness.site import Site

IN_FLIGHT = 6
LONG = 6
"""Seconds that jobs run which are to be running when the power goes; the others wait behind them."""
SHORT = "0:30"
"""Hours and minutes of a proxy that the broker wants renewed at once, and with which GRAM takes a job."""
RENEWED = 240
"""Seconds that a job waits for a new proxy."""
AN_HOUR = 3600


@pytest.mark.alone(before="GUIDE-7")
@pytest.mark.needs("broker")
@pytest.mark.check(
    "WMS-6",
    role="wms",
    title="the broker's node loses its power with jobs in flight",
    learns="Jobs outlive a power cut of the broker: each runs exactly once, and its output comes back.",
    severity="critical",
)
def test_broker_restarted(box: Box, jobs: GridJobs, site: Site, executions: ExecutionCount) -> None:
    slots = site.slots * len(site.wns)
    jdls = [
        executions.jdl(number, f"sleep {LONG}; " if number < slots else "") for number in range(IN_FLIGHT)
    ]
    numbers = jobs.submit_all(jdls)
    in_seconds(
        "the first job to run",
        lambda: any(job.state is JobState.RUNNING for job in jobs.status(jobs.ids).values()),
        where=site.rb.fqdn,
        remedy=BROKER,
    )
    unplug(box, site.rb)
    jobs.refused(f"glite-job-status {jobs.ids[0]}", ["NS_NOT_AVAILABLE"])
    box.create_node(site.rb)
    try:
        wait_until_ready(box, (site.rb,))
    except WaitError as late:
        raise CheckFailed("RB does not come up again", why=late.why, remedy="./icebox console rb") from late
    jobs.succeed(jobs.ids)
    said_by = {path.partition("/")[0]: text for path, text in said(jobs.outputs(jobs.ids)).items()}
    wrong = [
        f"{job} said {text!r}, not {number}"
        for job, number in numbers.items()
        if (text := said_by.get(f"{jobs.student.account.user}_{job.rpartition('/')[2]}", "")) != str(number)
    ]
    expect_none(wrong, "what jobs said before the power cut is lost", where=site.rb.fqdn, remedy=LOST)
    executions.expect_each_once(IN_FLIGHT)


@pytest.fixture
def no_credential(student: Shell) -> Iterator[None]:
    """Nothing of the student's lies at MyProxy under the default name, neither before nor after."""
    student.run("myproxy-destroy -d")
    yield
    # There may be nothing: the check may have ended before it left anything there.
    student.run("myproxy-destroy -d")


@pytest.mark.early
@pytest.mark.needs("broker", "myproxy")
@pytest.mark.check(
    "WMS-7",
    role="wms",
    title="the proxy of a running job is renewed through MyProxy",
    learns="A job may outlive the proxy it was sent with: the broker gets a new one from what the student "
    "leaves at MyProxy, also while the job runs.",
)
@pytest.mark.usefixtures("no_credential")
def test_renewal(jobs: GridJobs, site: Site, student: Shell) -> None:
    short = f"{jobs.directory}/short.proxy"
    jobs.run(f"voms-proxy-init -quiet -voms {site.vo} -valid {SHORT} -out {short}").expect_success("see UI-2")
    look = "voms-proxy-info -timeleft"
    waiting = script(
        f"{look}; for i in `seq {RENEWED}`; do test `{look}` -gt {AN_HOUR} && break; sleep 1; done; "
        f"{look}; voms-proxy-info -vo"
    )
    jobs.write("long.jdl", waiting)
    submitted = jobs.run(f"X509_USER_PROXY={short} glite-job-submit --nomsg long.jdl").expect_success(BROKER)
    jobs.ids.append(submitted.stdout.strip())
    jobs.wait(jobs.ids, [JobState.RUNNING], seconds=LATE)
    # Only now: what the job has got by its end came to it while it ran.
    student.run("myproxy-init -d -n -c 24").expect_success("check MYP-1 tells more")
    jobs.succeed(jobs.ids, seconds=LATE + RENEWED)
    before, after, vo = jobs.output(jobs.ids[0])["std.out"].split()
    expect(
        int(before) < AN_HOUR < int(after) and vo == site.vo,
        f"the job's proxy was not renewed: it began with {before} s, and {after} s were left for the VO {vo}",
        where=site.rb.fqdn,
        remedy=f"check MYP-1; {BROKER}",
    )
