"""qsig: send a signal to jobs that run."""

from __future__ import annotations

import signal

from gridware.pbs import errors, jobs, numbers, operate, processes, slurm
from gridware.pbs.errors import PbsError
from gridware.pbs.job import Job
from gridware.program import program

USAGE = "usage: qsig [-a] [-s signal] job_identifier...\n"
COMMAND = operate.Command("qsig", USAGE, "a", "s")
ORDERS = ("suspend", "resume")
NONE = "0"
LAST = 31
"""Of the signals up to SIGPWR each can be sent; real-time signals carry them."""


@program
def main(arguments: list[str]) -> int:
    return COMMAND.main(arguments, _signal_all)


def _signal_all(host: str, options: dict[str, str], words: list[str]) -> int:
    return COMMAND.for_each(words, lambda word: _signal(host, word, options.get("s", "SIGTERM")))


def number_of(word: str) -> str:
    """A signal's number, from a name with or without SIG, or a number. PbsError (165) for others."""
    if numbers.is_whole(word):
        known = word == NONE or 0 < int(word) < LAST
        number = word
    elif word.upper() in ("NULL", "SIGNULL"):
        return NONE
    else:
        found = getattr(signal, f"SIG{word.upper().removeprefix('SIG')}", None)
        known, number = isinstance(found, signal.Signals) and int(found) < LAST, str(int(found or 0))
    if not known:
        raise PbsError(f"Unknown/illegal signal name {word}", errors.UNKNOWN_SIGNAL)
    return number


def _signal(host: str, word: str, name: str) -> None:
    ident = jobs.full(word, host)
    operate.allowed(ident, name in ORDERS)
    number = "" if name in ORDERS else number_of(name)
    running = [job for job in operate.alive(host, word, {}) if job.state in "RS"]
    if not running:
        raise errors.bad_state(ident)
    for job in running:
        _send(host, job, name, number)


def _send(host: str, job: Job, name: str, number: str) -> None:
    if number == NONE:
        return
    words = ["scontrol", name, job.slurm_id] if name in ORDERS else _scancel(number, job)
    result = slurm.run(host, *words)
    if result.code:
        raise operate.named(slurm.refusal(result.err), job.ident)


def _scancel(number: str, job: Job) -> list[str]:
    if job.notes.get("interactive"):
        return ["scancel", f"--signal={number}", job.slurm_id]
    return ["scancel", "--batch", f"--signal={processes.CARRIER + int(number)}", job.slurm_id]
