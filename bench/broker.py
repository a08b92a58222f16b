"""Jobs through the broker against the same jobs without it, and the memory of RB and of the whole box.

Counted above the line: ``glite-job-submit`` of Hello World, ``glite-job-status`` again and again until the
job is Done, ``glite-job-output``, as one line that a student types on the UI; the broker chooses the queue.
Counted below: ``globus-job-run`` of the same job to jobmanager-pbs, from the same account, by turns.

A hundred jobs: one ``glite-job-submit`` for each, one after another, until all are Done; against a ``qsub``
for each on the CE, until qstat shows none that is not complete.  Output comes back from qsub by itself, so
fetching it from the broker is not counted here.

Memory as in the benchmark of that name: PSS, with no other box up.
"""

import shlex
import time
from dataclasses import dataclass
from functools import partial
from typing import Self

from bench import desk, memory, processes
from bench.desk import Desk
from bench.figure import Figure, ratios
from bench.sampling import by_turns
from bench.session import Bench, Session
from harness.actors.gridjobs import hello
from harness.actors.poolaccount import PoolAccount
from harness.box.box import Box

LIMIT = 2.5
BOX_LIMIT = 550.0
"""MB of PSS of the default box, central services and all."""
TURNS = 3
"""Single jobs on each side, for each run."""
MANY = 100
PAUSE = 0.2
"""Seconds between two looks at jobs, on both sides: as a person's loop would have it."""
DONE = "^Current Status: *Done (Success)"
FAILED = r"^Current Status: *(Aborted|Cancelled|Done \((Failed|Exit))"
ONE = f"""\
job=$(glite-job-submit --nomsg hello.jdl) && {{
    until glite-job-status $job > status; grep -q '{DONE}' status; do
        ! grep -Eq '{FAILED}' status || {{ cat status; exit 1; }}
        sleep {PAUSE}
    done
    glite-job-output --dir out $job
}}"""
ALL = f"""\
for i in $(seq {MANY}); do glite-job-submit --nomsg hello.jdl || exit; done > ids
until glite-job-status $(cat ids) > status; [ $(grep -c '{DONE}' status) = {MANY} ]; do
    ! grep -Eq '{FAILED}' status || {{ cat status; exit 1; }}
    sleep {PAUSE}
done"""
ALL_QSUB = f"""\
for i in $(seq {MANY}); do echo '/bin/echo Hello World' | qsub -N bench || exit; done
until qstat | awk '$2 == "bench" && $5 != "C" {{ exit 1 }}'; do sleep {PAUSE}; done"""


@dataclass(frozen=True)
class Memory:
    """MB of PSS."""

    rb: float
    box: float

    @classmethod
    def of(cls, box: Box) -> Self:
        found = processes.memory(box)
        return cls(found[box.site.rb.name] / 1e6, sum(found.values()) / 1e6)


def measure(session: Session) -> list[Figure]:
    """One fresh box: its memory, single jobs by turns, hundreds by turns, its memory again."""
    with session.box() as (box, _), desk.student(box) as student:
        time.sleep(memory.SETTLING)
        idle = Memory.of(box)
        one, plain = _single(session, box, student)
        many, queued = _many(session, box, student)
        after = Memory.of(box)
    title = f"{MANY} jobs through the broker"
    return [
        Figure(
            "broker.ratio",
            "Hello World through the broker ÷ by globus-job-run",
            "ratio",
            ratios(one, plain),
            LIMIT,
        ),
        Figure("broker.seconds", "Hello World through the broker, output fetched", "s", tuple(one)),
        Figure("broker.plain-seconds", "Hello World by globus-job-run to jobmanager-pbs", "s", tuple(plain)),
        Figure("broker.many-ratio", f"{title} ÷ by qsub", "ratio", ratios(many, queued)),
        Figure("broker.many-seconds", title, "s", tuple(many)),
        Figure("broker.qsub-seconds", f"{MANY} jobs by qsub", "s", tuple(queued)),
        Figure(
            "broker.box", "memory of the box with all central services (PSS)", "MB", (idle.box,), BOX_LIMIT
        ),
        Figure("broker.rb", "RB, idle (PSS)", "MB", (idle.rb,)),
        Figure("broker.rb-after", f"RB after {MANY * session.runs} jobs (PSS)", "MB", (after.rb,)),
    ]


def _single(session: Session, box: Box, student: Desk) -> list[list[float]]:
    """Seconds of single jobs: through the broker, and by globus-job-run."""
    student.write("hello.jdl", hello())
    contact, queue = f"{box.site.ce.fqdn}:2119/jobmanager-pbs", box.site.queues[0].name
    run = f"globus-job-run {contact} -q {queue} /bin/echo Hello World"
    sides = [partial(student.do, line) for line in (ONE, run)]
    by_turns(1, sides)  # the first job makes caches and connections of both
    return by_turns(TURNS * session.runs, sides)


def _many(session: Session, box: Box, student: Desk) -> list[list[float]]:
    """Seconds of a hundred jobs at once: through the broker, and by qsub."""
    account = PoolAccount.first(box.shell(box.site.ce), box.site.vo)

    def by_qsub() -> float:
        line = shlex.join(["sh", "-c", ALL_QSUB])
        return account.run(line, timeout=desk.PATIENCE).expect_success().seconds

    return by_turns(session.runs, [partial(student.do, ALL), by_qsub])


BENCH = Bench("broker", "jobs through the broker against jobs without it; memory of RB", measure)
