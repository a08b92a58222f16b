"""A pool account on the CE or a WN, as an administrator becomes it: ``su - gilda001``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from harness.access.shell import Shell
from harness.command import CommandResult
from harness.dom0.place import PATIENCE
from harness.grid.batch import Job, JobId, WorkerNode, parse_pbsnodes, parse_qstat
from harness.services.registry import SLURMCTLD


@dataclass(frozen=True)
class PoolAccount:
    """The account ``name`` of a node whose root is ``root``."""

    root: Shell
    name: str

    @classmethod
    def first(cls, root: Shell, vo: str) -> PoolAccount:
        """The account that the user guide takes: number 1 of the VO."""
        return cls(root, f"{vo}001")

    def run(self, line: str, *, stdin: str = "", timeout: float = PATIENCE) -> CommandResult:
        """Run a line in a login shell of the account."""
        return self.root.run(["su", "-", self.name, "-c", line], stdin=stdin, timeout=timeout)

    def on_terminal(self, line: str, *, typed: str, timeout: float = PATIENCE) -> CommandResult:
        """Run a line that wants a terminal, and type into it; what the terminal showed comes back."""
        return self.run(f"script -qec {shlex.quote(line)} /dev/null", stdin=typed, timeout=timeout)

    def submit(self, script: str, options: str) -> JobId:
        """``echo SCRIPT | qsub OPTIONS``."""
        remedy = (
            "read /var/log/slurm on the CE; if `qstat -q` there does not show the queue as E R: "
            "`scontrol update partitionname=QUEUE state=UP`"
        )
        typed = f"echo {shlex.quote(script)} | qsub {options}"
        return JobId.parse(self.run(typed).expect_success(remedy).stdout)

    def jobs(self) -> dict[int, Job]:
        """All jobs that qstat knows, by number."""
        return {job.number: job for job in parse_qstat(self.run("qstat").expect_success().stdout)}

    def worker_nodes(self) -> tuple[WorkerNode, ...]:
        """``pbsnodes -a``."""
        return parse_pbsnodes(self.run("pbsnodes -a").expect_success(SCHEDULER_REMEDY).stdout)


SCHEDULER_REMEDY = SLURMCTLD.remedy
