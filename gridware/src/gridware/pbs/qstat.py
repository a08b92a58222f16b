"""qstat: show jobs, queues and the server."""

from __future__ import annotations

import sys

from gridware.pbs import attributes, getopt, jobs, notes, queues, server, slurm, tables
from gridware.pbs.errors import PbsError, complain, guarded
from gridware.pbs.job import Job
from gridware.program import program

FLAGS = "aBcCefinqQrRst1xGMlp"
VALUED = "uWE"
LONG = set("ainrRsuGM")
USAGE = """usage:
qstat [-f [-1]] [-W site_specific] [-x] [ job_identifier... | destination... ]
qstat [-a|-i|-r|-e] [-u user] [-n [-1]] [-s] [-t] [-G|-M] [-R] [job_id... | destination...]
qstat -Q [-f [-1]] [-W site_specific] [ destination... ]
qstat -q [-G|-M] [ destination... ]
qstat -B [-f [-1]] [-W site_specific] [ server_name... ]
qstat -t
"""


@program
def main(arguments: list[str]) -> int:
    try:
        return guarded("qstat", USAGE, lambda: _show(arguments))
    except BrokenPipeError:  # `qstat | head`
        sys.stderr.close()
        return 0


def _show(arguments: list[str]) -> int:
    options, operands = getopt.parse(arguments, FLAGS, VALUED)
    return Query(dict(options), operands).show()


class Query:
    """One call of qstat."""

    def __init__(self, options: dict[str, str], operands: list[str]) -> None:
        self.options = options
        self.operands = operands
        self.server = server.name()

    def show(self) -> int:
        if "B" in self.options:
            return self._print(self._server())
        if self.options.keys() & {"q", "Q"}:
            return self._print(self._queues())
        found, code = self._jobs()
        chosen = [job for job in found if self._wanted(job)]
        self._print(self._table(chosen if "t" in self.options else self._folded(chosen)))
        return code

    def _folded(self, found: list[Job]) -> list[Job]:
        """Arrays as one line, but for a task that was asked for by its own id."""
        named = {word.partition(".")[0].partition("@")[0] for word in self.operands}
        alone = [job for job in found if job.ident.partition(".")[0] in named]
        rest = [job for job in found if job not in alone]
        return alone + jobs.folded(rest) if alone else jobs.folded(rest)

    def _print(self, text: str) -> int:
        sys.stdout.write(text)
        sys.stdout.flush()
        return 0

    def _server(self) -> str:
        for word in self.operands:
            server.check(self.server, word)
        everything = jobs.all_jobs(self.server)
        if "f" in self.options:
            return attributes.server(self.server, everything, self._wrap)
        return tables.server(self.server, everything)

    def _queues(self) -> str:
        names = [self._destination(word) for word in self.operands]
        everything = queues.all_queues(self.server, jobs.all_jobs(self.server))
        chosen = queues.pick(everything, [name for name in names if name])
        if "q" in self.options:
            return tables.limits(self.server, chosen)
        if "f" in self.options:
            return "".join(attributes.queue(queue, self._wrap) for queue in chosen)
        return tables.counts(chosen)

    @property
    def _wrap(self) -> bool:
        """Whether ``-f`` breaks long lines: ``-1`` keeps them whole."""
        return "1" not in self.options

    def _jobs(self) -> tuple[list[Job], int]:
        """The jobs meant by the operands; the last that is unknown decides the exit code."""
        if not self.operands:
            return jobs.all_jobs(self.server), 0
        found: list[Job] = []
        code = 0
        for word in self.operands:
            try:
                found += jobs.find(self.server, word) if word[:1].isdigit() else self._in_queue(word)
            except PbsError as error:
                complain("qstat", error)
                code = error.code
        return found, code

    def _in_queue(self, word: str) -> list[Job]:
        name = self._destination(word)
        everything = jobs.all_jobs(self.server)
        chosen = queues.pick(queues.all_queues(self.server, everything), [name] if name else [])
        return [job for queue in chosen for job in queue.jobs]

    def _destination(self, word: str) -> str:
        """The queue in ``queue``, ``queue@server`` or ``@server``."""
        name, _, host = word.partition("@")
        server.check(self.server, host)
        return name

    def _wanted(self, job: Job) -> bool:
        users = [user.partition("@")[0] for user in self.options.get("u", "").split(",") if user]
        states = "QHW" if "i" in self.options else "RES" if "r" in self.options else ""
        if "c" in self.options and job.state == "C":
            return False
        return (not users or job.user in users) and (not states or job.state in states)

    def _table(self, chosen: list[Job]) -> str:
        if "x" in self.options:
            return attributes.xml([_complete(job) for job in chosen]) if chosen else ""
        if "f" in self.options:
            return "".join(attributes.job(_complete(job), self._wrap) for job in chosen)
        if self.options.keys() & LONG:
            return tables.long(self.server, chosen, *(letter in self.options for letter in "n1s"))
        return tables.default(chosen)


def _complete(job: Job) -> Job:
    """With the notes that its record has no room for: the owner and root may read them in its script."""
    if job.notes.get(notes.CUT):
        from gridware.pbs import (
            jobscript,  # the tables, which are asked for all the time, do without its imports
        )

        script = slurm.run(job.server, "scontrol", "write", "batch_script", job.sequence, "-").out
        head, _ = jobscript.of(script)
        job.notes = {**{name: head[name] for name in notes.SPARED if name in head}, **job.notes}
    return job
