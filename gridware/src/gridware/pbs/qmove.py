"""qmove: move jobs that wait to another queue."""

from __future__ import annotations

from gridware.pbs import errors, operate, queues, server
from gridware.pbs.errors import PbsError
from gridware.program import program

USAGE = "usage: qmove destination job_identifier...\n"
COMMAND = operate.Command("qmove", USAGE, "", "", fewest=2)


@program
def main(arguments: list[str]) -> int:
    return COMMAND.main(arguments, _move_all)


def _move_all(host: str, _options: dict[str, str], words: list[str]) -> int:
    queue, _, elsewhere = words[0].partition("@")
    server.check(host, elsewhere)
    queues.pick(queues.all_queues(host, []), [queue] if queue else [])
    return COMMAND.for_each(words[1:], lambda word: _move(host, word, queue))


def _move(host: str, word: str, queue: str) -> None:
    for job in operate.alive(host, word, {}):
        if job.state not in "QHW":
            raise errors.bad_state(job.ident)
        try:
            if queue:
                job.change(f"Partition={queue}")
        except PbsError as error:
            raise operate.named(error, job.ident) from error
