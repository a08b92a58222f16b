"""What the batch system says about a queue: parsed from Slurm's sinfo and squeue."""

import re
from collections.abc import Iterable
from typing import NamedTuple

SINFO = ("sinfo", "--noheader", "--format=%R|%a|%C")
SQUEUE = ("squeue", "--all", "--array", "--noheader", "--format=%P|%t|%u")

_STATUS = {"up": "Production", "down": "Queueing", "drain": "Draining", "inact": "Closed"}
"""GlueCEStateStatus of each availability that sinfo's %a prints."""

_WAITING = {"PD", "CF", "RQ", "RH", "RF"}
_RUNNING = {"R", "CG", "S", "SO", "ST"}


class Queue(NamedTuple):
    """A queue now; slots are CPUs of nodes that are up."""

    status: str
    total: int
    free: int


class Jobs(NamedTuple):
    running: int
    waiting: int


UNKNOWN = Queue("Closed", 0, 0)
"""What is published for a queue while the batch system doesn't answer."""

NO_JOBS = Jobs(0, 0)
UNKNOWN_JOBS = Jobs(0, 4444)
"""The placeholder that gLite sites showed when their dynamic provider was broken."""


def parse_sinfo(text: str) -> dict[str, Queue]:
    """Queues by name, from lines such as ``short|up|1/3/0/4`` (busy/idle/other/total CPUs)."""
    queues: dict[str, Queue] = {}
    for line in text.splitlines():
        fields = line.strip().split("|")
        if len(fields) != 3:
            continue
        name, available, cpus = fields
        busy, idle = (int(number) for number in cpus.split("/")[:2])
        known = queues.get(name, Queue("", 0, 0))
        status = _STATUS.get(available.rstrip("*"), "Closed")
        queues[name] = Queue(status, known.total + busy + idle, known.free + idle)
    return queues


def parse_squeue(text: str, vo: str) -> tuple[dict[str, Jobs], dict[str, Jobs]]:
    """Jobs of each queue: all of them, and those of the VO's accounts (``<vo>001``, ``<vo>sgm`` …)."""
    account = re.compile(rf"{re.escape(vo)}(\d+|sgm|prd)")
    rows = [fields for line in text.splitlines() if len(fields := line.strip().split("|")) == 3]
    return _count(rows), _count([row for row in rows if account.fullmatch(row[2])])


def _count(rows: Iterable[list[str]]) -> dict[str, Jobs]:
    counted: dict[str, Jobs] = {}
    for queue, state, _ in rows:
        jobs = counted.get(queue, NO_JOBS)
        counted[queue] = Jobs(jobs.running + (state in _RUNNING), jobs.waiting + (state in _WAITING))
    return counted


def response_times(queue: Queue, jobs: Jobs, minutes: int) -> tuple[int, int]:
    """Estimated and worst wait of a new job in seconds.

    None while a slot is free; otherwise the worst case is that every job ahead runs as long as the queue
    allows, and the estimate is half of it.
    """
    if queue.status == "Closed":
        return 444444, 444444
    if queue.free > jobs.waiting:
        return 0, 0
    worst = (jobs.waiting + 1) * minutes * 60 // max(queue.total, 1)
    return worst // 2, worst
