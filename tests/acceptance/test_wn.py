"""The worker nodes and their batch system, from the CE and through the grid."""

import re
from collections.abc import Collection, Iterator

import pytest

from harness.access.shell import Shell
from harness.actors.poolaccount import SCHEDULER_REMEDY, PoolAccount
from harness.box.box import Box
from harness.command import CommandResult
from harness.errors import CheckFailed
from harness.expect import NotYet, eventually, expect, tried
from harness.grid.batch import parse_interactive
from harness.services import registry
from harness.site import Node, Site

SLURMD = registry.SLURMD.remedy
SHARED_HOME = (
    "CE and WN must share /home: if `findmnt /home` differs there, ./icebox stop and start mounts it; "
    "the pool account must be able to write there: `chown ACCOUNT: /home/ACCOUNT`, `chmod 700` it"
)
ROUNDS = 5
"""How often jobs are sent until all slots are seen in use: a look at the queue may miss the moment."""
REPORTED = 30.0
"""Seconds until the scheduler has heard of a WN whose port answers; one of a box that has just come up."""
LATE = 300.0
"""Seconds for a job of one second, with the queue full of other checks' jobs."""


@pytest.fixture
def account(ce: Shell, site: Site) -> PoolAccount:
    """The pool account on the CE."""
    return PoolAccount.first(ce, site.vo)


@pytest.fixture
def wn_names(box: Box) -> set[str]:
    """What the WNs of the first CE call themselves."""
    return {node.fqdn for node in box.site.wns_of(box.site.ce)}


@pytest.fixture
def job_name(account: PoolAccount, worker: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for the jobs of this check; jobs and their output are removed in the end."""
    name = f"{worker}-{request.node.originalname.removeprefix('test_')}"[:15]
    yield name
    left = [f"qdel {job.number}" for job in account.jobs().values() if job.name == name and not job.done]
    account.run("; ".join([*left, f"rm -f {name}.[oe]*"]))


@pytest.mark.needs("slurmctld", "slurmd")
@pytest.mark.check(
    "WN-1",
    role="wn",
    title="every worker node is free",
    learns="The scheduler sees each WN with all its slots; none is down, offline or stuck as busy.",
    severity="blocker",
)
def test_every_wn_is_free(account: PoolAccount, box: Box) -> None:
    for ce in box.site.ces:
        _expect_free(PoolAccount(box.shell(ce), account.name), box.site, ce)


def _expect_free(account: PoolAccount, site: Site, ce: Node) -> None:
    """The WNs of a CE."""
    expected = {node.name: site.slots for node in site.wns_of(ce)}

    def none_lost() -> bool:
        lost = [f"{node.name} ({' '.join(node.states)})" for node in account.worker_nodes() if not node.up]
        expect(not lost, f"the scheduler sends no job to {', '.join(lost)}")
        return True

    def all_free() -> bool:
        nodes = account.worker_nodes()
        listed = {node.name: node.slots for node in nodes}
        expect(
            listed == expected,
            f"the scheduler knows WNs and slots {listed}; the site has {expected}",
            where=account.root.name,
            remedy=SCHEDULER_REMEDY,
        )
        if all(node.free for node in nodes):
            return True
        raise NotYet(", ".join(f"{node.name} is {' '.join(node.states)}" for node in nodes))

    what, nodes = "the scheduler to answer", tried(account.worker_nodes)
    eventually(what, nodes, seconds=REPORTED, where=account.root.name, remedy=SCHEDULER_REMEDY)
    # What is lost then stays lost; what is full gets free when the jobs of other checks end.
    eventually(
        "every WN to report", tried(none_lost), seconds=REPORTED, where=account.root.name, remedy=SLURMD
    )
    eventually("every WN to be free", all_free, where=account.root.name, remedy=SLURMD)


@pytest.mark.needs("slurmctld", "slurmd")
@pytest.mark.check(
    "WN-2",
    role="wn",
    title="qsub -I opens a shell on a worker node",
    learns="A person can look around on a WN through the batch system, at a terminal, as the pool account.",
)
def test_interactive(account: PoolAccount, site: Site, wn_names: set[str]) -> None:
    typed = "echo on=$(hostname -f) as=$(id -un) in=$PBS_ENVIRONMENT\nexit\n"
    session = account.on_terminal(f"qsub -I -q {site.queue}", typed=typed, timeout=LATE)
    session.expect_success(f"{SCHEDULER_REMEDY}; {SLURMD}")
    # The terminal shows what was typed, too; that line does not start with the answer.
    answer = re.search(r"^on=(\S+) as=(\S+) in=(\S+)\r?$", session.stdout, re.MULTILINE)
    if answer is None or set(parse_interactive(session.stdout)) != {"ready", "completed"}:
        raise CheckFailed(
            "qsub -I did not open a shell and end it", why=session.stdout, remedy=SCHEDULER_REMEDY
        )
    where, who, environment = answer.groups()
    expect(where in wn_names, f"the shell was on {where}, which is no WN", remedy=SCHEDULER_REMEDY)
    expect(
        (who, environment) == (account.name, "PBS_INTERACTIVE"),
        f"the shell was {who}'s with PBS_ENVIRONMENT={environment}, not {account.name}'s from qsub -I",
        remedy=SCHEDULER_REMEDY,
    )


@pytest.mark.needs("slurmctld", "slurmd")
@pytest.mark.check(
    "WN-3",
    role="wn",
    title="a batch job is seen running, then done",
    learns="qsub on the CE puts a job on a WN, qstat follows it, and its output comes back.",
    severity="critical",
)
def test_batch_job(account: PoolAccount, site: Site, wn_names: set[str], job_name: str) -> None:
    # A machine that is too busy may miss a short job while it runs: then a longer one is sent.
    for nap in (1, 10, 40):
        job = account.submit(f"hostname -f; sleep {nap}", f"-q {site.queue} -N {job_name}")
        states = _follow(account, job.number)
        if "R" in states:
            break
    expect(
        "R" in states,
        f"job {job} was never seen running: qstat showed the states {' '.join(states)}",
        where=account.root.name,
        why=account.run(f"qstat -f {job}").output,
        remedy=f"look at `qstat -f`: a job with an exit_status did run; {SHARED_HOME}; {SLURMD}",
    )
    output = account.run(f"cat {job_name}.o{job.number}").expect_success(SHARED_HOME)
    _expect_wn(output, wn_names)


def _follow(account: PoolAccount, number: int) -> str:
    """The states that qstat showed, one after the other, until the job was done."""
    seen: list[str] = []

    def done() -> str:
        job = account.jobs().get(number)
        state = job.state if job else "C"  # the batch system forgets a job some minutes after its end
        if seen[-1:] != [state]:
            seen.append(state)
        return state if state == "C" else ""

    eventually(f"job {number} to end", done, seconds=LATE, where=account.root.name, remedy=SLURMD)
    return "".join(seen)


@pytest.mark.needs("gatekeeper", "slurmctld", "slurmd")
@pytest.mark.check(
    "WN-4",
    role="wn",
    title="globus-job-run reaches a worker node through the batch system",
    learns="The whole way of a grid job: proxy, gatekeeper, job manager, queue, WN, and the output back.",
    severity="blocker",
)
def test_through_the_grid(student: Shell, site: Site, wn_names: set[str]) -> None:
    typed = f"globus-job-run {site.ce.fqdn}:2119/jobmanager-pbs -q {site.queue} /bin/hostname"
    ran = student.run(typed, timeout=LATE).expect_success(
        "if CE-1 and WN-3 pass, the job manager does not hear of the job's end: on the CE, look for the job "
        "in /var/lib/globus/globus-seg-pbs, and read /var/log/globus/gram_*.log"
    )
    _expect_wn(ran, wn_names)


@pytest.mark.needs("slurmctld", "slurmd")
@pytest.mark.check(
    "WN-5",
    role="wn",
    title="many jobs at once fill all slots, queue, and all finish",
    learns="A whole class may submit at the same time: every slot works, the rest waits, nothing is lost.",
    severity="critical",
)
def test_many_jobs(account: PoolAccount, box: Box, wn_names: set[str], job_name: str) -> None:
    slots = box.site.slots * len(box.site.wns_of(box.site.ce))
    count = 2 * slots + 1
    sent = f"qsub -q {box.site.queue} -N {job_name}"
    typed = f"for i in $(seq {count}); do echo 'hostname -f; sleep 1' | {sent}; done"
    most, queued, total = 0, False, 0
    for _ in range(ROUNDS):
        submitted = account.run(typed).expect_success(SCHEDULER_REMEDY).stdout.split()
        taken = f"qsub took {len(submitted)} of {count} jobs"
        expect(len(submitted) == count, taken, remedy=SCHEDULER_REMEDY)
        seen, waited = _watch(account, {int(job.partition(".")[0]) for job in submitted})
        most, queued, total = max(most, seen), queued or waited, total + count
        if most >= slots and queued:
            break
    expect(queued, f"{count} jobs on {slots} slots, and none was seen waiting", remedy=SCHEDULER_REMEDY)
    expect(most >= slots, f"no more than {most} of {slots} slots were ever seen in use", remedy=SLURMD)
    output = account.run(f"cat {job_name}.o*").expect_success(SHARED_HOME).stdout.split()
    expect(len(output) == total, f"{len(output)} of {total} jobs left their output", remedy=SHARED_HOME)
    expect(
        set(output) == wn_names,
        f"the jobs ran on {sorted(set(output))}; the WNs are {sorted(wn_names)}",
        remedy=SLURMD,
    )


SCRIPT = """\
#!/bin/sh
#PBS -q QUEUE -l cput=1
#PBS -o NAME.o.$PBS_ARRAYID -e $HOME/NAME.e.$PBS_ARRAYID
function told() { qstat -t | grep -cF "$1" ; }
(( even = PBS_ARRAYID % 2 == 0 ))
echo "$PBS_JOBID" "$(hostname -f)" "$(told "${PBS_JOBID%%.*}")" >& NAME.o.said-$PBS_ARRAYID
cat NAME.o.said-$PBS_ARRAYID
while [[ $even == 1 ]]; do :; done
"""
"""As scripts of the time were written: for bash, though line one says sh. Its second task never ends."""


@pytest.mark.needs("slurmctld", "slurmd")
@pytest.mark.check(
    "WN-6",
    role="wn",
    title="a PBS script of the time runs as written: bash as sh, an array, variables in paths, a limit",
    learns="Hand-outs for Torque hold here: a file for each task, limits kept, and one task deleted alone.",
)
def test_script_of_the_time(account: PoolAccount, site: Site, wn_names: set[str], job_name: str) -> None:
    script = SCRIPT.replace("NAME", job_name).replace("QUEUE", site.queue)
    sent = account.run(f"qsub -h -t 1-3 -N {job_name}", stdin=script)
    array = sent.expect_success(SCHEDULER_REMEDY).stdout.strip()
    number, brackets, server = array.partition("[].")
    expect(bool(brackets), f"qsub -t printed {array!r}, which is no array's id")
    account.run(f"qdel -t 3 '{array}' && qrls '{array}'").expect_success(SCHEDULER_REMEDY)

    def all_done() -> bool:
        left = account.run(f"qselect -N {job_name} -s QHRE").expect_success(SCHEDULER_REMEDY).stdout
        if left:
            raise NotYet(f"still there: {left}")
        return True

    eventually(f"the tasks of {array} to end", all_done, seconds=LATE, where=account.root.name, remedy=SLURMD)
    for task in "12":
        ran = account.run(f"cat {job_name}.o.{task}").expect_success(SHARED_HOME)
        ident, _, rest = ran.stdout.strip().partition(" ")
        where, _, listed = rest.partition(" ")
        expect(
            (ident, where in wn_names, listed) == (f"{number}[{task}].{server}", True, "1"),
            f"task {task} of {array} wrote {ran.stdout!r}, not its id, its WN, and 1 line of qstat",
        )
    killed = account.run(f"cat {job_name}.e.2").stdout
    expect("=>> PBS: job killed: cput" in killed, f"the task beyond its cput=1 was told {killed!r}")
    deleted = account.run(f"ls {job_name}.o.3")
    expect(not deleted.ok, f"task 3 of {array} ran, though qdel -t 3 had deleted it")


def _watch(account: PoolAccount, mine: Collection[int]) -> tuple[int, bool]:
    """Until ``mine`` are done: the most slots seen in use at a time, by anyone, and whether one waited."""
    most, queued = 0, False

    def all_done() -> bool:
        nonlocal most, queued
        jobs = account.jobs()
        most = max(most, sum(job.running for job in jobs.values()))
        ours = [jobs[number] for number in mine if number in jobs]
        queued |= any(job.waiting for job in ours)
        return all(job.done for job in ours)

    eventually(f"{len(mine)} jobs to end", all_done, seconds=LATE, where=account.root.name, remedy=SLURMD)
    return most, queued


def _expect_wn(ran: CommandResult, wn_names: set[str]) -> None:
    where = ran.stdout.strip()
    expect(where, "the job's output did not come back", where=ran.where, remedy=SHARED_HOME)
    expect(where in wn_names, f"the job ran on {where!r}, which is no WN", remedy=SCHEDULER_REMEDY)
