"""The broker, from the UI: JDL in, output back, at the right CE."""

import pytest

from harness.access.shell import Shell
from harness.actors.gridjobs import BROKER, LATE, LOST, TYPING, GridJobs, hello, script
from harness.expect import eventually, expect
from harness.grid.infosites import parse_ce
from harness.grid.jobs import JobState, parse_status
from harness.site import Site

SILENT = 6
"""Seconds without a word of a job that writes every second."""
ENDING = 60.0
"""Seconds for a job to end once the CE has been told: Slurm kills after five what does not end by itself."""
TELLING = "on RB: `condor_q -hold`, /var/log/condor/GridmanagerLog.*"
CANCELLING = (
    "`qstat` on the CE shows what still runs, `qdel` there ends it; GRAM ends jobs by what "
    "globus-pbs.conf names: `./icebox restore ce /etc/globus`, then `pkill globus-job-man` there"
)
MATCHING = "compare `lcg-infosites --vo VO ce`, from the BDII that the broker asks, with what CE-2 tells"


def ceid(site: Site, name: str = "") -> str:
    """The CE id of a queue, by default of the shortest."""
    return f"{site.ce.fqdn}:2119/jobmanager-pbs-{name or site.queues[0].name}"


@pytest.mark.needs("broker")
@pytest.mark.check(
    "WMS-1",
    role="wms",
    title="Hello World goes by glite-job-submit to the CE, and comes back",
    learns="The way of the whole course: a JDL file, a job id, its states, its output, fetched once.",
    severity="critical",
)
def test_hello_world(jobs: GridJobs, site: Site) -> None:
    job = jobs.submit(hello(), "-r", ceid(site))
    done = jobs.succeed([job])[job]
    expect(
        done.exit_code == 0, f"the exit code is {done.exit_code}, not 0", where=site.rb.fqdn, remedy=BROKER
    )
    expect(
        done.destination == ceid(site),
        f"the job went to {done.destination or 'nowhere'}, not to {ceid(site)}",
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


@pytest.mark.needs("broker")
@pytest.mark.check(
    "WMS-2",
    role="wms",
    title="the broker chooses a CE by Requirements and Rank",
    learns="Students say what a job needs, not where it runs; what no CE can do is told at once, and waits "
    "only where they said until when.",
    severity="critical",
)
def test_match_making(jobs: GridJobs, site: Site) -> None:
    longest = max(site.queues, key=lambda each: each.minutes)
    wanted = f"Requirements = other.GlueCEPolicyMaxWallClockTime >= {longest.minutes}"
    # A function of HTCondor's that the ClassAd library has only with another module.
    wanted += f' && stringListMember(split(other.GlueCEUniqueID, ":")[0], "nowhere, {site.ce.fqdn}");'
    fits = jobs.submit(hello("fits", wanted))
    gone = jobs.submit('Executable = "/no/such";')
    none = jobs.submit(
        hello("fits nowhere", 'Requirements = other.GlueCEUniqueID == "nowhere:2119/jobmanager-pbs-x";')
    )
    waits = jobs.submit(hello("waits", "Requirements = false;"), "--valid", "1:00")
    ended = jobs.wait([fits, none, gone])
    expect(
        ended[fits].succeeded and ended[fits].destination == ceid(site, longest.name),
        f"a job that needs {longest.minutes} minutes must go to {ceid(site, longest.name)}",
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
    expect(
        ended[gone].state is JobState.ABORTED and "/no/such" in ended[gone].reason,
        "a job whose program is not on the WN must be Aborted for that reason",
        where=site.rb.fqdn,
        why=str(ended[gone]),
        remedy=BROKER,
    )
    _expect_waiting(jobs, waits, site.rb.fqdn)
    _expect_ranked(jobs, site)


def _expect_waiting(jobs: GridJobs, job: str, broker: str) -> None:
    """A job with an ExpiryTime that no CE fits is kept, the status says why, and it can be cancelled."""
    eventually(
        "a job with --valid that fits no CE to wait for that reason",
        lambda: "BrokerHelper: no compatible resources" in jobs.one(job).reason,
        seconds=LATE,
        where=broker,
        remedy=BROKER,
    )
    told = jobs.run("glite-job-status --noint --all --status Waiting").expect_success(BROKER).stdout
    expect(job in parse_status(told), "--status Waiting must find the job", why=told, remedy=BROKER)
    jobs.run(f"glite-job-cancel --noint {job}").expect_success(BROKER)
    state = jobs.wait([job])[job].state
    expect(state is JobState.CANCELLED, f"a waiting job that is cancelled is {state}", remedy=BROKER)
    names = [event.name for event in jobs.events(job)]
    expect(
        "Pending" in names and "Match" not in names,
        "the job's story must hold Pending, and no Match",
        where=broker,
        why=", ".join(names),
        remedy=BROKER,
    )


def _expect_ranked(jobs: GridJobs, site: Site) -> None:
    """Rank alone decides between the queues."""
    found = jobs.match(hello("", "Rank = -other.GlueCEPolicyMaxWallClockTime;"))
    ranks = [match.rank for match in found]
    shortest = min(site.queues, key=lambda each: each.minutes)
    expect(
        found
        and str(found[0].ce) == ceid(site, shortest.name)
        and ranks == sorted(ranks, key=lambda rank: -(rank or 0)),
        f"the queue with the shortest time, {shortest.name}, must be ranked first",
        where=site.rb.fqdn,
        why=", ".join(f"{match.ce} {match.rank}" for match in found),
        remedy=MATCHING,
    )


def _expect_no_beat(student: Shell, rb: Shell, site: Site, job: str, beat: str) -> None:
    """The job writes its file no more: it does not go on at the CE while its owner believes it dead.

    From the moment that the broker has let go of it, nobody else is going to end it.
    """
    attempts = "condor_q -allusers -af GliteAttempt"
    eventually(
        "the CE to be told of a cancelled job",
        lambda: job.rpartition("/")[2] not in rb.run(attempts).expect_success(BROKER).stdout,
        seconds=LATE,
        where=site.rb.fqdn,
        remedy=TELLING,
        pause=1.0,
    )
    # One job looks all the time, since to send one costs more than to look.
    look = f"find {beat} -mmin +{SILENT / 60:g} | grep -q . && echo silent && break"
    line = f"for n in `seq {ENDING:.0f}`; do {look}; sleep 1; done; rm -f {beat}"
    told = student.run(f"globus-job-run {site.ce.fqdn} /bin/sh -c '{line}'", timeout=ENDING + TYPING)
    expect(
        told.expect_success("check CE-1 tells more").stdout == "silent\n",
        f"a cancelled job had not ended at the CE {ENDING:g} s after that had been told",
        where=site.ce.fqdn,
        why=told.output,
        remedy=CANCELLING,
    )


@pytest.mark.early
@pytest.mark.needs("broker")
@pytest.mark.check(
    "WMS-3",
    role="wms",
    title="jobs are cancelled, their story is told, CEs are listed",
    learns="Students stop what they started by mistake, see what happened to a job, and what would fit one.",
)
def test_cancel_logging_and_list_match(jobs: GridJobs, site: Site, student: Shell, rb: Shell) -> None:
    beat = f"{jobs.directory.rsplit('/', 1)[1]}-beat"
    job = jobs.submit(script(f"for i in `seq 600`; do date > $HOME/{beat}; sleep 1; done"), "-r", ceid(site))
    jobs.wait([job], [JobState.RUNNING])
    jobs.run(f"glite-job-cancel --noint {job}").expect_success(BROKER)
    ended = jobs.wait([job])[job]
    expect(
        ended.state is JobState.CANCELLED, "a cancelled job must be Cancelled", why=str(ended), remedy=BROKER
    )
    _expect_no_beat(student, rb, site, job, beat)
    names = [event.name for event in jobs.events(job)]
    # Each of these stands for one hand that the job went through.
    story = ["RegJob", "Accepted", "Match", "Cancel"]
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
    _expect_choices(jobs, job)
    _expect_refused_in_words(jobs, site)


def _expect_choices(jobs: GridJobs, job: str) -> None:
    """A state alone, without --all, chooses among all jobs; one dash does for the python commands."""
    told = jobs.run("glite-wms-job-status -noint --status CANCELLED").expect_success(BROKER).stdout
    expect(job in parse_status(told), "--status alone must find the cancelled job", why=told, remedy=BROKER)


def _expect_refused_in_words(jobs: GridJobs, site: Site) -> None:
    """An endpoint at which nobody is, and a proxy of Globus 2's kind."""
    name = jobs.write("hello.jdl", hello())
    nobody = f"https://nobody.{site.rb.fqdn.partition('.')[2]}:7443/glite_wms_wmproxy_server"
    away = jobs.run(f"GLITE_WMS_WMPROXY_ENDPOINT={nobody} glite-wms-job-list-match -a {name}")
    expect(
        not away.ok and "Connection failed" in away.stderr,
        "list-match must fail where its endpoint leads nowhere",
        why=away.output,
        remedy=BROKER,
    )
    made = jobs.run(f"voms-proxy-init -quiet -old -voms {site.vo} -out old.pem")
    made.expect_success("check CERT-2 tells more")
    jobs.refused(f"X509_USER_PROXY=$PWD/old.pem glite-job-submit {name}", ["UI_PROXY_OUTDATED"])
