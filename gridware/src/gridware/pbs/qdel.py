"""qdel: delete jobs, or tasks of arrays."""

from __future__ import annotations

import os
import pwd
import sys

from gridware.pbs import jobs, operate, server, slurm, spans
from gridware.pbs.errors import UsageError
from gridware.program import program

USAGE = """usage: qdel [{ -a | -c | -p | -t | -W delay | -m message}] [-b retry_seconds] [<JOBID>[<JOBID>]|'all'|'ALL']...
       -a -c, -m, -p, -t, and -W are mutually exclusive
"""  # noqa: E501
COMMAND = operate.Command("qdel", USAGE, "pac", "mWtb")


@program
def main(arguments: list[str]) -> int:
    return COMMAND.main(arguments, _delete_all)


def _delete_all(host: str, options: dict[str, str], words: list[str]) -> int:
    if not options.get("W", "0").isdigit():
        raise UsageError("illegal -W value")
    if "m" in options:
        print("qdel: warning: -m: no mail will come, this site has no mailer", file=sys.stderr)
    idents = [ident for word in words for ident in (_own(host) if word.lower() == "all" else [word])]
    return COMMAND.for_each(idents, lambda ident: _delete(host, ident, options))


def _own(host: str) -> list[str]:
    """The caller's jobs that have not ended; for root everybody's."""
    user = pwd.getpwuid(os.getuid()).pw_name
    mine = [job for job in jobs.all_jobs(host) if job.state != "C" and user in (job.user, "root")]
    return [job.ident for job in jobs.folded(mine)]


def _delete(host: str, word: str, options: dict[str, str]) -> None:
    """scancel says nothing of jobs it does not find or that have ended: look first."""
    ident = jobs.full(word, host)
    operate.allowed(ident, bool(options.keys() & {"p", "c"}))
    alive = operate.alive(host, word, options)
    if operate.tasks(options):
        wanted = f"{alive[0].sequence}_[{spans.write([int(job.index) for job in alive])}]"
    else:
        number, index = server.number_of(word, host)
        wanted = f"{number}_{index}" if index else number
    result = slurm.run(host, "scancel", wanted)
    # A job that ends between the two looks is what the caller wanted.
    if result.code and "already completing or completed" not in result.err:
        raise operate.named(slurm.refusal(result.err), ident)
