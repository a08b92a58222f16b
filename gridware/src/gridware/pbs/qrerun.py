"""qrerun: put jobs that run back into their queue. For root only."""

from __future__ import annotations

from gridware.pbs import errors, jobs, operate, slurm
from gridware.pbs.errors import PbsError
from gridware.program import program

USAGE = "usage: qrerun [-f] <JOBID>[ <JOBID>]...\n"
COMMAND = operate.Command("qrerun", USAGE, "f", "m")


@program
def main(arguments: list[str]) -> int:
    return COMMAND.main(
        arguments, lambda host, _, words: COMMAND.for_each(words, lambda word: _rerun(host, word))
    )


def _rerun(host: str, word: str) -> None:
    ident = jobs.full(word, host)
    operate.allowed(ident, privileged=True)
    for job in operate.alive(host, word, {}):
        if job.state not in "RES":
            raise errors.bad_state(job.ident)
        if job.fields.get("Requeue") != "1":
            raise PbsError(f"job is not rerunnable {job.ident}", errors.NOT_RERUNABLE)
        order = "requeuehold" if job.notes.get("Hold_Types") else "requeue"
        result = slurm.run(host, "scontrol", order, job.slurm_id)
        if result.code:
            raise operate.named(slurm.refusal(result.err), job.ident)
