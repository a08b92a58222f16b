"""What the commands share that do something to jobs: qdel, qhold, qrls, qsig, qalter, qrerun, qmove, qmsg."""

from __future__ import annotations

import os

from gridware.pbs import errors, getopt, jobs, server, spans
from gridware.pbs.errors import PbsError, UsageError, complain, guarded
from gridware.pbs.job import Job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Command:
    """One command: its options, and what it does to one operand."""

    def __init__(self, name: str, usage: str, flags: str, valued: str, fewest: int = 1) -> None:
        self.name = name
        self.usage = usage
        self.flags = flags
        self.valued = valued
        self.fewest = fewest

    def main(self, arguments: list[str], each: Callable[[str, dict[str, str], list[str]], int]) -> int:
        """Read the command line and do it: ``each`` gets server, options and operands."""
        return guarded(self.name, self.usage, lambda: self._do(arguments, each))

    def _do(self, arguments: list[str], each: Callable[[str, dict[str, str], list[str]], int]) -> int:
        options, operands = getopt.parse(arguments, self.flags, self.valued)
        given = dict(options)
        if len(operands) < self.fewest:
            raise UsageError
        if "t" in given:
            tasks(given)
        return each(server.name(), given, operands)

    def for_each(self, words: list[str], action: Callable[[str], None]) -> int:
        """Do it for each operand; the exit code is that of the last refusal, as in Torque."""
        code = 0
        for word in words:
            try:
                action(word)
            except PbsError as error:
                complain(self.name, error)
                code = error.code
        return code


def tasks(options: dict[str, str]) -> str:
    """``-t``: the tasks of an array, checked; empty if not given."""
    text = options.get("t", "")
    try:
        if "t" in options:
            spans.read(text)
    except ValueError:
        raise UsageError(f"illegal -t value {text!r} (tasks are numbers and ranges: 1,3-5)") from None
    return text


def is_root() -> bool:
    """Root is manager and operator of the server."""
    return os.getuid() == 0


def hold_types(text: str) -> str:
    """``-h``: letters of u, o, s. UsageError for others."""
    if not text or set(text) - set("uos"):
        raise UsageError("illegal -h value")
    return text


def allowed(ident: str, privileged: bool) -> None:
    """Refuse to anybody but root what only an operator may do."""
    if privileged and not is_root():
        raise PbsError(f"Unauthorized Request  {ident}", errors.UNAUTHORIZED)


def alive(host: str, word: str, options: dict[str, str]) -> list[Job]:
    """The jobs of an operand that have not ended. PbsError if there is none."""
    found = [job for job in jobs.chosen(host, word, tasks(options)) if job.state != "C"]
    if not found:
        text = (
            f"Request invalid for state of job MSG=invalid state for job - COMPLETE {jobs.full(word, host)}"
        )
        raise PbsError(text, errors.BAD_STATE)
    return found


def named(error: PbsError, ident: str) -> PbsError:
    """A refusal with the job it is about."""
    return error if ident in str(error) else PbsError(f"{error} {ident}", error.number)
