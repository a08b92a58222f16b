"""qhold: keep jobs that wait from starting."""

from __future__ import annotations

from gridware.pbs import errors, jobs, operate
from gridware.pbs.errors import PbsError
from gridware.pbs.job import Job
from gridware.program import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[Job, str], None]

USAGE = "usage: qhold [-h hold_list] [-t array_range] job_identifier...\n"
COMMAND = operate.Command("qhold", USAGE, "", "ht")


@program
def main(arguments: list[str]) -> int:
    return run(COMMAND, arguments, hold)


def run(command: operate.Command, arguments: list[str], change: Change) -> int:
    """qhold or qrls: change the holds of ``-h`` on each job."""

    def all_of(host: str, options: dict[str, str], words: list[str]) -> int:
        kinds = operate.hold_types(options.get("h", "u"))
        return command.for_each(words, lambda word: _each(host, word, options, kinds, change))

    return command.main(arguments, all_of)


def _each(host: str, word: str, options: dict[str, str], kinds: str, change: Change) -> None:
    operate.allowed(jobs.full(word, host), kinds.strip("u") != "")
    for job in operate.alive(host, word, options):
        try:
            change(job, kinds)
        except PbsError as error:
            raise operate.named(error, job.ident) from error


def hold(job: Job, kinds: str) -> None:
    """Hold one job. One that runs goes on: without checkpoints, its next start is held (qhold(1B))."""
    if job.state in "QHW":
        job.hold(operator=kinds.strip("u") != "")
    else:
        job.remember({"Hold_Types": "".join(letter for letter in "uos" if letter in kinds)})


def release(job: Job, kinds: str) -> None:
    """End holds of one job. PbsError if one of them is an operator's and the caller is none."""
    if job.state not in "QHW":
        job.remember({"Hold_Types": ""})
    elif job.held_by == "o" and not operate.is_root():
        raise PbsError("Unauthorized Request ", errors.UNAUTHORIZED)
    elif job.state == "H" and job.held_by in kinds and not job.waits:
        job.release()
