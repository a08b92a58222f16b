"""The broker, from the UI: JDL in, output back, and every job accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.access.shell import Shell
from harness.box.box import Box
from harness.box.ready import wait_until_ready
from harness.box.restart import unplug
from harness.checks.gridjobs import BROKER, LATE, GridJobs, hello, script
from harness.checks.marks import SEC_1, SEC_2
from harness.errors import CheckFailed, WaitError
from harness.grid import handshake
from harness.grid.errors import expect
from harness.grid.infosites import parse_ce
from harness.grid.jobs import JobState
from harness.grid.refusal import Flaw, expect_reason
from harness.grid.soon import soon
from harness.grid.unwelcome import Unwelcome
from harness.site import Site

BURST = 50
IN_FLIGHT = 6
BURST_LATE = 900.0
"""Seconds for a burst, on a busy machine whose queues other checks fill as well."""
LOST = "look for the job on RB: `journalctl -u icebox-wms`, and on the CE: `qstat`, /var/log/globus"
MATCHING = (
    "compare `lcg-infosites --vo VO ce` with what the CE publishes (CE-2); the broker asks the top BDII on RB"
)
SHORT = "0:31"
"""Hours and minutes of a proxy that is renewed while its job runs, half an hour before its end."""
RENEWED = 240
"""Seconds that a job waits for a new proxy."""
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
HANDSHAKE = Path(handshake.__file__).read_text()
DOOR = 9000


@pytest.fixture
def jobs_of(site: Site) -> Iterator[Callable[[Shell], GridJobs]]:
    """Makes a student's place for jobs; what is left of them is cancelled in the end."""
    made: list[GridJobs] = []

    def make(student: Shell) -> GridJobs:
        directory = student.run("mktemp -d $HOME/check-XXXXXX").check().stdout.strip()
        made.append(GridJobs(student, directory, site.rb.fqdn))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def jobs(student: Shell, jobs_of: Callable[[Shell], GridJobs]) -> GridJobs:
    """The first student's place for jobs."""
    return jobs_of(student)


def queue(site: Site, name: str = "") -> str:
    """The CE id of a queue, by default of the shortest."""
    return f"{site.ce.fqdn}:2119/jobmanager-pbs-{name or site.queues[0].name}"


@pytest.mark.check(
    "WMS-1",
    role="wms",
    title="Hello World goes by glite-job-submit to the CE, and comes back",
    learns="The way of the whole course: a JDL file, a job id, its states, its output, fetched once.",
    severity="critical",
)
def test_hello_world(jobs: GridJobs, site: Site) -> None:
    job = jobs.submit(hello(), "-r", queue(site))
    done = jobs.succeed([job])[job]
    expect(
        done.exit_code == 0, f"the exit code is {done.exit_code}, not 0", where=site.rb.fqdn, remedy=BROKER
    )
    expect(
        done.destination == queue(site),
        f"the job went to {done.destination or 'nowhere'}, not to {queue(site)}",
        where=site.rb.fqdn,
        remedy=MATCHING,
    )
    files = jobs.output(job)
    expect(
        files == {"std.out": "Hello World\n", "std.err": ""},
        "what came back is not Hello World",
        where=site.rb.fqdn,
        why=repr(files),
        remedy=LOST,
    )
    state = jobs.one(job).state
    expect(
        state is JobState.CLEARED,
        f"after its output was fetched the job is {state}, not Cleared",
        remedy=BROKER,
    )
    jobs.refused(f"glite-job-output {job}", ["NS_JOB_OUTPUT_RETRIEVED"])


@pytest.mark.check(
    "WMS-2",
    role="wms",
    title="the broker chooses a CE by Requirements and Rank",
    learns="Students say what a job needs, not where it runs; what no CE can do is told, not kept waiting.",
    severity="critical",
)
def test_match_making(jobs: GridJobs, site: Site) -> None:
    longest = max(site.queues, key=lambda each: each.minutes)
    wanted = f"Requirements = other.GlueCEPolicyMaxWallClockTime >= {longest.minutes};"
    fits = jobs.submit(hello("fits", wanted))
    none = jobs.submit(
        hello("fits nowhere", 'Requirements = other.GlueCEUniqueID == "nowhere:2119/jobmanager-pbs-x";')
    )
    ended = jobs.wait([fits, none])
    expect(
        ended[fits].succeeded and ended[fits].destination == queue(site, longest.name),
        f"a job that needs {longest.minutes} minutes must go to {queue(site, longest.name)}",
        where=site.rb.fqdn,
        why=f"{ended[fits]} at {ended[fits].destination}",
        remedy=MATCHING,
    )
    expect(
        ended[none].state is JobState.ABORTED and "no compatible resources" in ended[none].reason,
        "a job that fits no CE must be Aborted for that reason",
        where=site.rb.fqdn,
        why=str(ended[none]),
        remedy=BROKER,
    )
    _expect_ranked(jobs, site)


def _expect_ranked(jobs: GridJobs, site: Site) -> None:
    """Rank alone decides between the queues."""
    found = jobs.match(hello("", "Rank = -other.GlueCEPolicyMaxWallClockTime;"))
    ranks = [match.rank for match in found]
    shortest = min(site.queues, key=lambda each: each.minutes)
    expect(
        found
        and str(found[0].ce) == queue(site, shortest.name)
        and ranks == sorted(ranks, key=lambda rank: -(rank or 0)),
        f"the queue with the shortest time, {shortest.name}, must be ranked first",
        where=site.rb.fqdn,
        why=", ".join(f"{match.ce} {match.rank}" for match in found),
        remedy=MATCHING,
    )


@pytest.mark.check(
    "WMS-3",
    role="wms",
    title="jobs are cancelled, their story is told, CEs are listed",
    learns="Students stop what they started by mistake, see what happened to a job, and what would fit one.",
)
def test_cancel_logging_and_list_match(jobs: GridJobs, site: Site, student: Shell) -> None:
    job = jobs.submit(script("sleep 600"))
    jobs.wait([job], [JobState.SCHEDULED, JobState.RUNNING])
    jobs.run(f"glite-job-cancel --noint {job}").expect_success(BROKER)
    ended = jobs.wait([job])[job]
    expect(
        ended.state is JobState.CANCELLED, "a cancelled job must be Cancelled", why=str(ended), remedy=BROKER
    )
    names = [event.name for event in jobs.events(job)]
    # Each of these stands for one hand that the job went through.
    story = ["REGJOB", "ACCEPTED", "MATCH", "CANCEL"]
    expect(
        [name for name in dict.fromkeys(names) if name in story] == story,
        f"the job's story must hold {', '.join(story)}, in this order",
        where=site.rb.fqdn,
        why=", ".join(names),
        remedy=BROKER,
    )
    listed = student.run(f"lcg-infosites --vo {site.vo} ce").expect_success("check UI-3 tells more").stdout
    known = {str(row.ce) for row in parse_ce(listed)}
    matched = {str(match.ce) for match in jobs.match(hello())}
    expect(
        matched == known,
        f"glite-job-list-match finds {len(matched)} CE(s), lcg-infosites {len(known)}",
        where=site.rb.fqdn,
        why=" ".join(sorted(matched ^ known)),
        remedy=MATCHING,
    )


@pytest.mark.check(
    "WMS-4",
    role="wms",
    title="parametric jobs, collections and DAGs run as they say",
    learns="One JDL stands for many jobs; a DAG's run in their order, and each one's output comes back.",
)
def test_compound_jobs(jobs: GridJobs, site: Site) -> None:
    parametric = jobs.submit(
        hello(
            "number _PARAM_",
            'JobType = "Parametric";',
            "Parameters = 7;",
            "ParameterStart = 1;",
            "ParameterStep = 2;",
        )
    )
    collection = jobs.submit(f'Type = "Collection";\nNodes = {{ [ {hello("one")} ],\n[ {hello("two")} ] }};')
    stamp = script("date +%s.%N; sleep 1; date +%s.%N")
    dag = jobs.submit(
        f'Type = "dag";\nNodes = [ a = [ {stamp} ]; b = [ {stamp} ]; c = [ {stamp} ] ];\n'
        "Dependencies = { { {a, b}, c } };"
    )
    jobs.succeed([parametric, collection, dag], seconds=2 * LATE)
    _expect_said(jobs.output(parametric), ["number 1", "number 3", "number 5"], site)
    _expect_said(jobs.output(collection), ["one", "two"], site)
    times = {
        path.split("/")[0]: list(map(float, text.split())) for path, text in _said(jobs.output(dag)).items()
    }
    expect(
        set(times) == {"a", "b", "c"} and times["c"][0] >= max(times["a"][1], times["b"][1]),
        "node c of the DAG must start after a and b have ended",
        where=site.rb.fqdn,
        why=repr(times),
        remedy=BROKER,
    )


def _said(files: dict[str, str]) -> dict[str, str]:
    return {path: text.strip() for path, text in files.items() if path.endswith("std.out")}


def _expect_said(files: dict[str, str], wanted: list[str], site: Site) -> None:
    said = sorted(_said(files).values())
    expect(
        said == wanted,
        f"the nodes said {said}, not {wanted}",
        where=site.rb.fqdn,
        why=repr(files),
        remedy=LOST,
    )


class Tally:
    """A file in the pool account's home in which each job notes its number: lost and repeated runs show."""

    def __init__(self, jobs: GridJobs, site: Site) -> None:
        self._jobs = jobs
        self._ces = [f"{ce.fqdn}:{site.public_port(ce, 2119)}" for ce in site.ces]
        self._file = f"{jobs.directory.rsplit('/', 1)[1]}-tally"

    def jdl(self, number: int, before: str = "") -> str:
        """A job that notes its number, and says it."""
        return script(f"{before}echo {number} | tee -a $HOME/{self._file}")

    def expect_each_once(self, most: int) -> None:
        noted = self._on_ce(f"/bin/cat {self._file}").split()
        lost = sorted({str(number) for number in range(most)} - set(noted), key=int)
        twice = sorted({number for number in noted if noted.count(number) > 1}, key=int)
        expect(
            not lost and not twice,
            f"of {most} jobs {len(lost)} never ran, and {len(twice)} ran more than once",
            where=" ".join(self._ces),
            why=f"lost: {' '.join(lost) or 'none'}; repeated: {' '.join(twice) or 'none'}",
            remedy=LOST,
        )

    def remove(self) -> None:
        self._on_ce(f"/bin/rm -f {self._file}")

    def _on_ce(self, line: str) -> str:
        """What the line prints on all CEs: the broker chose among them."""
        told = [self._jobs.student.run(f"globus-job-run {ce} {line}", timeout=60.0) for ce in self._ces]
        return "".join(ran.expect_success("check CE-1 tells more").stdout for ran in told)


@pytest.fixture
def tally(jobs: GridJobs, site: Site) -> Iterator[Tally]:
    made = Tally(jobs, site)
    yield made
    made.remove()


@pytest.mark.check(
    "WMS-5",
    role="wms",
    title="a burst of 50 jobs: each runs once, and all come back",
    learns="A whole class may submit at the same moment; no job is lost, none runs twice.",
)
def test_burst(jobs: GridJobs, site: Site, tally: Tally) -> None:
    for number in range(BURST):
        jobs.write(f"{number}.jdl", tally.jdl(number))
    submitted = jobs.run(
        "ls | grep 'jdl$' | xargs -P 8 -n 1 glite-job-submit --nomsg > ids", timeout=BURST_LATE
    )
    jobs.ids += jobs.run("cat ids").check().stdout.split()
    submitted.expect_success(BROKER)
    expect(len(set(jobs.ids)) == BURST, f"{BURST} submissions gave {len(set(jobs.ids))} ids", remedy=BROKER)
    jobs.succeed(jobs.ids, seconds=BURST_LATE)
    fetched = jobs.run("glite-job-output --noint --dir out -i ids && cat out/*/std.out", timeout=BURST_LATE)
    said = [line for line in fetched.expect_success(BROKER).stdout.splitlines() if line.isdigit()]
    expect(
        sorted(map(int, said)) == list(range(BURST)),
        f"{len(set(said))} of {BURST} different outputs came back",
        where=site.rb.fqdn,
        why=" ".join(sorted(said)),
        remedy=LOST,
    )
    tally.expect_each_once(BURST)


@pytest.mark.alone
@pytest.mark.check(
    "WMS-6",
    role="wms",
    title="the broker's node loses its power with jobs in flight",
    learns="Jobs outlive a power cut of the broker: each runs exactly once, and its output comes back.",
    severity="critical",
)
def test_broker_restarted(box: Box, jobs: GridJobs, site: Site, tally: Tally) -> None:
    for number in range(IN_FLIGHT):
        jobs.submit(tally.jdl(number, "sleep 8; "))
    soon(
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
    for number, job in enumerate(jobs.ids):
        _expect_said(jobs.output(job), [str(number)], site)
    tally.expect_each_once(IN_FLIGHT)


@pytest.fixture(scope="module")
def unwelcome(box: Box) -> Iterator[Unwelcome]:
    made = Unwelcome.lay_out(box)
    # No command makes a proxy of an expired certificate; the certificate itself does as one.
    certificate, key = made.files(Flaw.EXPIRED)
    made.shell.run(f"umask 077; cat {certificate} {key} > {made.directory}/{Flaw.EXPIRED.name}.proxy").check()
    yield made
    made.remove()


@pytest.fixture
def left_at_myproxy(student: Shell) -> Iterator[None]:
    """The student's credential, where the broker gets new proxies from."""
    student.run("myproxy-init -d -n -c 24").expect_success("check MYP-1 tells more")
    yield
    student.run("myproxy-destroy -d").check()


@pytest.mark.check(
    "WMS-7",
    role="wms",
    title="the proxy of a running job is renewed through MyProxy",
    learns="A job may outlive the proxy it was sent with: the broker gets a new one that the student left.",
)
@pytest.mark.usefixtures("left_at_myproxy")
def test_renewal(jobs: GridJobs, site: Site) -> None:
    short = f"{jobs.directory}/short.proxy"
    jobs.run(f"voms-proxy-init -quiet -voms {site.vo} -valid {SHORT} -out {short}").expect_success("see UI-2")
    waiting = script(
        f"for i in `seq {RENEWED}`; do n=`voms-proxy-info -timeleft`; "
        "test $n -gt 7200 && break; sleep 1; done; echo $n; voms-proxy-info -vo"
    )
    jobs.write("long.jdl", waiting)
    submitted = jobs.run(f"X509_USER_PROXY={short} glite-job-submit --nomsg long.jdl").expect_success(BROKER)
    jobs.ids.append(submitted.stdout.strip())
    jobs.succeed(jobs.ids, seconds=LATE + RENEWED)
    left, vo = jobs.output(jobs.ids[0])["std.out"].split()
    expect(
        int(left) > 7200 and vo == site.vo,
        f"the job's proxy was not renewed: {left} s are left, for the VO {vo}",
        where=site.rb.fqdn,
        remedy=f"check MYP-1; {BROKER}",
    )


@SEC_1
@pytest.mark.parametrize("flaw", [pytest.param(flaw, id=f"WMS, {flaw}") for flaw in REFUSALS])
def test_refused(jobs: GridJobs, unwelcome: Unwelcome, site: Site, flaw: Flaw) -> None:
    jobs.write("hw.jdl", hello())
    # A broker that takes nobody's job refuses nothing: a member must get in by the same words.
    line = f"cd {jobs.directory} && glite-job-submit --nomsg --vo {site.vo} hw.jdl"
    allowed = jobs.student.run(line).expect_success("mend WMS-1 first")
    jobs.ids.append(allowed.stdout.strip())
    tried = unwelcome.shell.run(f"export X509_USER_PROXY={unwelcome.directory}/{flaw.name}.proxy; {line}")
    expect(not tried.ok, f"the broker lets in what it must refuse: {flaw}", where=site.rb.fqdn, remedy=BROKER)
    expect_reason(f"the broker refused ({flaw})", REFUSALS[flaw], tried.output, site.rb.fqdn)
    if flaw in VERDICTS:
        _expect_verdict(unwelcome, site, flaw)


def _expect_verdict(unwelcome: Unwelcome, site: Site, flaw: Flaw) -> None:
    """Show the certificate past all checks of the client: the broker must refuse it."""

    def show(certificate: str, key: str) -> str:
        line = f"python3 - tls {site.rb.fqdn} {DOOR} {certificate} {key}"
        return unwelcome.shell.run(line, stdin=HANDSHAKE).check().stdout.strip()

    good = show("~/.globus/usercert.pem", "~/.globus/userkey.pem")
    expect(
        good == handshake.ACCEPTED,
        "a good certificate is refused",
        where=site.rb.fqdn,
        why=good,
        remedy=BROKER,
    )
    answer = show(*unwelcome.files(flaw))
    expect_reason(f"the broker itself refused ({flaw})", VERDICTS[flaw], answer, site.rb.fqdn)


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
    _expect_said(jobs.output(job), ["only for me"], site)
