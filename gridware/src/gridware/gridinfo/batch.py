"""What the batch system says about a queue: parsed from Slurm's sinfo and squeue."""

import os
import re
import time
from collections.abc import Callable, Iterable, Set
from typing import NamedTuple

from gridware.gridinfo.ports import listening

SINFO = ("sinfo", "--noheader", "--format=%R|%a|%C")
SQUEUE = ("squeue", "--all", "--array", "--noheader", "--format=%P|%t|%u")

STATE = "/var/lib/slurm/slurmctld"
"""StateSaveLocation of slurm.conf: slurmctld makes its files there anew when jobs, queues or nodes change."""
SAVED = 10.0
"""Seconds in which a change is saved: at once after a calm, else within five (slurmctld's SAVE_MAX_WAIT)."""
LONGEST = 30.0
"""Seconds of calm after which it is asked all the same: it may have died, or hang."""
PORT = 6817
"""SlurmctldPort."""

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


class Calm:
    """Knows when the batch system need not be asked again, by the time at which slurmctld saved something."""

    def __init__(self, state: str = STATE) -> None:
        self._state = state
        self._saved = 0
        self._since = self._asked = 0.0

    def lasts(self, ports: Callable[[], Set[int]] = listening) -> bool:
        """Whether nothing has changed for so long that the last look has seen all there was to see.

        False is taken for a new look.
        """
        now = time.monotonic()
        try:
            saved = os.stat(self._state).st_mtime_ns
        except OSError:
            return False
        if saved != self._saved:
            self._saved, self._since = saved, now
        if now - self._since > SAVED and now - self._asked < LONGEST and PORT in ports():
            return True
        self._asked = now
        return False


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
