"""Queues: Slurm's partitions with the jobs in them."""

from __future__ import annotations

from gridware.pbs import errors, records, slurm, times
from gridware.pbs.errors import PbsError
from gridware.pbs.job import Job


class Queue:
    """One partition, and its jobs by state."""

    def __init__(self, fields: dict[str, str], jobs: list[Job]) -> None:
        self.name = fields["PartitionName"]
        self.max_seconds = times.from_slurm(fields["MaxTime"])
        self.enabled = fields["State"] in ("UP", "DOWN")
        self.started = fields["State"] in ("UP", "DRAIN")
        self.default = fields.get("Default") == "YES"
        self.slots = int(fields.get("TotalCPUs", "0"))
        self.nodes = int(fields.get("TotalNodes", "0"))
        self.jobs = [job for job in jobs if job.queue == self.name]

    def count(self, states: str) -> int:
        return sum(job.state in states for job in self.jobs)


def all_queues(host: str, jobs: list[Job]) -> list[Queue]:
    result = slurm.run(host, "scontrol", "show", "partition", "-o")
    if result.code:
        raise slurm.refusal(result.err)
    lines = (line for line in result.out.splitlines() if line.startswith("PartitionName="))
    return [Queue(records.parse(line), jobs) for line in lines]


def pick(queues: list[Queue], names: list[str]) -> list[Queue]:
    """The queues asked for, all if none is named. PbsError (170) for a name that is none."""
    known = {queue.name: queue for queue in queues}
    for name in names:
        if name not in known:
            raise PbsError(f"Unknown queue MSG=cannot locate queue {name}", errors.UNKNOWN_QUEUE)
    return [known[name] for name in names] if names else queues
