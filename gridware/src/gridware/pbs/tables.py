"""qstat's tables, column for column as Torque's qstat prints them."""

from __future__ import annotations

from gridware.pbs import resources, times
from gridware.pbs.job import Job
from gridware.pbs.queues import Queue

DEFAULT_HEADER = """\
Job ID                    Name             User            Time Use S Queue
------------------------- ---------------- --------------- -------- - -----
"""
LONG_HEADER = """\
                                                                                  Req'd       Req'd       Elap
Job ID                  Username    Queue    Jobname          SessID  NDS   TSK   Memory      Time    S   Time
----------------------- ----------- -------- ---------------- ------ ----- ------ --------- --------- - -----
"""
LIMITS_HEADER = """\
Queue            Memory CPU Time Walltime Node  Run Que Lm  State
---------------- ------ -------- -------- ----  --- --- --  -----
"""
COUNTS_HEADER = """\
Queue              Max    Tot   Ena   Str   Que   Run   Hld   Wat   Trn   Ext T   Cpt
----------------   ---   ----    --    --   ---   ---   ---   ---   ---   --- -   ---
"""
SERVER_HEADER = """\
Server             Max   Tot   Que   Run   Hld   Wat   Trn   Ext Com   Status
----------------   ---   ---   ---   ---   ---   ---   ---   --- ---   ----------
"""


def default(jobs: list[Job]) -> str:
    """``qstat``: nothing at all without jobs. "Time Use" is the time since the start, not CPU time."""
    return DEFAULT_HEADER + "".join(map(_row, jobs)) if jobs else ""


def _row(job: Job) -> str:
    used = times.clock(job.wall_seconds) if job.state in "RECS" else "0"
    who = f"{job.short_ident:<25.25} {tail(job.shown_name, 16):<16} {job.user:<15.15}"
    return f"{who} {used:>8} {job.state} {job.queue:<15}\n"


def tail(text: str, width: int) -> str:
    """The end of a name that is too long, after three dots."""
    return text if len(text) <= width else "..." + text[3 - width :]


def long(server: str, jobs: list[Job], hosts: bool, one_line: bool, comments: bool = False) -> str:
    """``qstat -a`` and its kin; ``hosts`` adds each job's slots (``-n``), on their own line unless ``-1``.

    ``comments`` (``-s``) does the same with why a job waits.
    """
    if not jobs:
        return ""
    lines = [
        _long_row(job) + _more("+".join(job.slots), hosts, one_line) + _more(job.comment, comments, one_line)
        for job in jobs
    ]
    return f"\n{server}: \n{LONG_HEADER}" + "".join(f"{line}\n" for line in lines)


def _long_row(job: Job) -> str:
    asked = resources.noted(job.notes)
    place = resources.Placement(asked)
    elapsed = times.clock(job.wall_seconds) if job.state in "RECS" else "--"
    memory = asked.get("mem", "--")
    limit = times.clock(job.limit_seconds) if job.limit_seconds else "--"
    return (
        f"{job.short_ident:<23.23} {job.user:<11.11} {job.queue:<8.8} {tail(job.shown_name, 16):<16} "
        f"{'--':>6} "
        f"{place.tasks:>5} {place.slots:>6} {memory:>9} {limit:>9} {job.state} {elapsed:>8}"
    )


def _more(text: str, wanted: bool, one_line: bool) -> str:
    if not wanted:
        return ""
    return ("   " if one_line else "\n   ") + (text or "--")


def limits(server: str, queues: list[Queue]) -> str:
    """``qstat -q``."""
    rows = "".join(_limit_row(queue) for queue in queues)
    running, waiting = (sum(queue.count(states) for queue in queues) for states in ("RES", "QHW"))
    foot = f"{'':47}{'-' * 5} {'-' * 5}\n{'':47}{running:>5} {waiting:>5}\n"
    return f"\nserver: {server}\n\n{LIMITS_HEADER}{rows}{foot}"


def _limit_row(queue: Queue) -> str:
    wall = times.clock(queue.max_seconds) if queue.max_seconds else "--   "
    state = f"{'E' if queue.enabled else 'D'} {'R' if queue.started else 'S'}"
    return (
        f"{queue.name:<16.16} {'--  ':>6} {'--   ':>8} {wall:>8} {'--  ':>4}  {queue.count('RES'):>3} "
        f"{queue.count('QHW'):>3} -- {state:>5}\n"
    )


def counts(queues: list[Queue]) -> str:
    """``qstat -Q``."""
    return COUNTS_HEADER + "".join(map(_count_row, queues))


def _count_row(queue: Queue) -> str:
    states = "   ".join(f"{queue.count(letters):>3}" for letters in ("Q", "RS", "H", "W"))
    return (
        f"{queue.name:<16.16}   {0:>3}   {len(queue.jobs):>4} {_yes(queue.enabled):>5} "
        f"{_yes(queue.started):>5}   {states}"
        f"   {0:>3}   {queue.count('E'):>3} E   {queue.count('C'):>3}\n"
    )


def server(name: str, jobs: list[Job]) -> str:
    """``qstat -B``."""
    number = {letter: sum(job.state == letter for job in jobs) for letter in "QRHWEC"}
    return SERVER_HEADER + (
        f"{name:<16.16}   {0:>3}   {len(jobs):>3}   {number['Q']:>3}   {number['R']:>3}   {number['H']:>3}   "
        f"{number['W']:>3}   {0:>3}   {number['E']:>3} {number['C']:>3}   Active\n"
    )


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
