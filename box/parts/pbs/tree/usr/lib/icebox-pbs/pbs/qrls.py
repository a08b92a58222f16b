"""qrls: let held jobs go."""

from __future__ import annotations

from pbs import jobs, operate, qhold
from pbs.errors import PbsError

USAGE = "usage: qrls [-h {uos}] [-t array_range] job_identifier...\n"
COMMAND = operate.Command("qrls", USAGE, "", "ht")


def main(arguments: list[str]) -> int:
    return COMMAND.main(arguments, _release_all)


def _release_all(host: str, options: dict[str, str], words: list[str]) -> int:
    kinds = operate.hold_types(options.get("h", "u"))
    return COMMAND.for_each(words, lambda word: _release(host, word, options, kinds))


def _release(host: str, word: str, options: dict[str, str], kinds: str) -> None:
    operate.allowed(jobs.full(word, host), kinds.strip("u") != "")
    for job in operate.alive(host, word, options):
        try:
            qhold.release(job, kinds)
        except PbsError as error:
            raise operate.named(error, job.ident) from error
