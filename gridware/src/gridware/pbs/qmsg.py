"""qmsg: write a line into the output of jobs that run."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

from gridware.pbs import errors, numbers, operate, slurm
from gridware.pbs.errors import PbsError
from gridware.pbs.job import Job
from gridware.program import program

USAGE = "usage: qmsg [-O] [-E] msg_string job_identifier...\n"
COMMAND = operate.Command("qmsg", USAGE, "EO", "", fewest=2)


@program
def main(arguments: list[str]) -> int:
    return COMMAND.main(arguments, _tell_all)


def _tell_all(host: str, options: dict[str, str], words: list[str]) -> int:
    streams = [stream for stream, letter in enumerate("OE") if letter in options] or [1]
    return COMMAND.for_each(words[1:], lambda word: _tell(host, word, words[0], streams))


def _tell(host: str, word: str, text: str, streams: list[int]) -> None:
    for job in operate.alive(host, word, {}):
        if job.state != "R":
            raise errors.bad_state(job.ident)
        with _as_owner(host, job):
            for stream in streams:
                _append(job, job.outputs[stream], f"PBS: {text}\n")


@contextmanager
def _as_owner(host: str, job: Job) -> Iterator[None]:
    """The owner says where a job's output is: what root writes there, the owner must be allowed to."""
    if not operate.is_root():
        yield
        return
    answer = slurm.run(host, "squeue", "-h", "-j", job.slurm_id, "-o", "%U").out.split()
    if not answer or not numbers.is_whole(answer[0]):
        raise errors.bad_state(job.ident)
    owner = pwd.getpwuid(int(answer[0]))
    os.setgroups([])
    os.setegid(owner.pw_gid)
    os.seteuid(owner.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _append(job: Job, path: str, line: str) -> None:
    """Without waiting for a reader, where the output is a pipe."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK), "wb") as file:
            file.write(line.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise PbsError(f"Unauthorized Request ({error.strerror}) {job.ident}", errors.UNAUTHORIZED) from error
