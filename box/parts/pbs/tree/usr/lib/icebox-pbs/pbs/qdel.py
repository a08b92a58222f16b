"""qdel: delete jobs."""

from __future__ import annotations

import os
import pwd
import sys

from pbs import errors, getopt, jobs, server, slurm
from pbs.errors import PbsError, UsageError, complain

FLAGS = "pabc"
VALUED = "mWt"
USAGE = """usage: qdel [{ -a | -c | -p | -t | -W delay | -m message}] [<JOBID>[<JOBID>]|'all'|'ALL']...
       -a -c, -m, -p, -t, and -W are mutually exclusive
"""


def main(arguments: list[str]) -> int:
    try:
        _, operands = getopt.parse(arguments, FLAGS, VALUED)
        if not operands:
            raise UsageError
        host = server.name()
    except UsageError as error:
        if str(error):
            complain("qdel", error)
        sys.stderr.write(USAGE)
        return 2
    except PbsError as error:
        complain("qdel", error)
        return error.code
    return delete(host, operands)


def delete(host: str, words: list[str]) -> int:
    """Delete each; the exit code is that of the last refusal, as in Torque."""
    code = 0
    for word in words:
        try:
            for ident in _own(host) if word.lower() == "all" else [word]:
                _delete(host, ident)
        except PbsError as error:
            complain("qdel", error)
            code = error.code
    return code


def _own(host: str) -> list[str]:
    """The caller's jobs that have not ended; for root everybody's."""
    user = pwd.getpwuid(os.getuid()).pw_name
    return [job.ident for job in jobs.all_jobs(host) if job.state != "C" and user in (job.user, "root")]


def _delete(host: str, word: str) -> None:
    """scancel says nothing of jobs it does not find or that have ended: look first."""
    alive = [job for job in jobs.find(host, word) if job.state != "C"]
    ident = jobs.full(word, host)
    if not alive:
        text = f"Request invalid for state of job MSG=invalid state for job - COMPLETE {ident}"
        raise PbsError(text, errors.BAD_STATE)
    number, index = server.number_of(word, host)
    result = slurm.run(host, "scancel", f"{number}_{index}" if index else number)
    # A job that ends between the two looks is what the caller wanted.
    if result.code and "already completing or completed" not in result.err:
        error = slurm.refusal(result.err)
        raise PbsError(f"{error} {ident}", error.number)
