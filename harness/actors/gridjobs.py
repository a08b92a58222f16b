"""Jobs through the broker, typed as a student types them."""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from harness.access.shell import LOGIN, Shell
from harness.command import CommandResult, reason
from harness.errors import shortened
from harness.expect import SELDOM, CheckTimedOut, expect, in_seconds
from harness.grid.errors import UnexpectedOutput
from harness.grid.jobs import (
    JobEvent,
    JobState,
    JobStatus,
    Match,
    parse_error,
    parse_events,
    parse_matches,
    parse_output,
    parse_status,
    parse_submit,
)
from harness.services import registry

LATE = 300.0
"""Seconds for a short job, with the queues full of other checks' jobs."""
AT_ONCE = 8
"""Commands that submit at the same time."""
UNSENT = 30.0
"""Seconds after which jobs that were not sent yet raise the question whether the CE takes any."""
AGAIN = 10.0
"""Seconds until the question is asked again."""
UNREACHED = "the connection to the server failed"
"""What GRAM says (error code 12) of a gatekeeper that is busy or away: it has let in or refused nobody."""
OWN_DOOR = "check CE-1 tells more"
EACH = 0.02
"""Seconds by which the first look comes later for each job: to look takes time from their running."""
TYPING = 120.0
"""Seconds for one command on a busy machine."""
LOST = "look for the job on RB: `journalctl -u icebox-wms`, and on the CE: `qstat`, /var/log/globus"
BROKER = registry.BROKER.remedy
END = "\x1e"
"""Between two texts (ASCII's record separator)."""
WRITE_ALL = "n=0; while IFS= read -r -d $'\\x1e' text; do printf %s \"$text\" > $((n++)).jdl || exit; done"
"""Writes each text of the standard input to a file."""
SHOW_ALL = r"find . -type f -printf '\0%P\0' -exec cat '{}' ';'"
"""Prints each file's path and content."""


@dataclass
class GridJobs:
    """A student's jobs in one directory of the UI; methods raise CheckFailed if the grid does not do it."""

    student: Shell
    directory: str
    rb: str
    """Public name of the broker, which messages name."""
    ces: tuple[str, ...] = ()
    """Public names of the CEs."""
    ids: list[str] = field(default_factory=list)
    """What was submitted."""
    over: set[str] = field(default_factory=set)
    """What was seen to have ended: it need not be cancelled."""

    def run(self, line: str, *, stdin: str = "", timeout: float = TYPING) -> CommandResult:
        """Type a line in the directory."""
        return self.student.run(f"cd {self.directory} && {line}", stdin=stdin, timeout=timeout)

    def write(self, name: str, text: str) -> str:
        """A file in the directory; returns its name."""
        self.student.put(f"{self.directory}/{name}", text.encode())
        return name

    def submit(self, jdl: str, *options: str) -> str:
        """Write a JDL file and submit it; the job's id."""
        name = self.write(f"job{len(self.ids)}.jdl", jdl)
        typed = self.run(f"{shlex.join(['glite-job-submit', *options])} {name}")
        failed = f"glite-job-submit failed{_said_why(typed)}"
        expect(typed.ok, failed, where=self.rb, why=typed.output, remedy=BROKER)
        self.ids.append(parse_submit(typed.stdout))
        return self.ids[-1]

    def submit_all(self, jdls: Sequence[str], seconds: float = TYPING) -> dict[str, int]:
        """Submit jobs, several at a time; their ids, with the places of their JDLs in the list."""
        self.run(WRITE_ALL, stdin="".join(f"{jdl}{END}" for jdl in jdls)).expect_success(LOGIN)
        each = "id=$(glite-job-submit --nomsg N.jdl) && echo $id N"
        typed = self.run(f"seq 0 {len(jdls) - 1} | xargs -P {AT_ONCE} -I N sh -c '{each}'", timeout=seconds)
        rows = [line.split() for line in typed.stdout.splitlines()]
        made = {row[0]: int(row[1]) for row in rows if len(row) == 2}
        self.ids += made
        refused = f"{len(jdls) - len(made)} of {len(jdls)} submissions failed"
        expect(
            len(made) == len(jdls),
            f"{refused}{_said_why(typed)}",
            where=self.rb,
            why=typed.stderr,
            remedy=BROKER,
        )
        return made

    def status(self, ids: Iterable[str]) -> dict[str, JobStatus]:
        """The jobs and their nodes, by id."""
        typed = self.run(f"glite-job-status {' '.join(ids)}")
        failed = f"glite-job-status failed{_said_why(typed)}"
        expect(typed.ok, failed, where=self.rb, why=typed.output, remedy=BROKER)
        told = parse_status(typed.stdout)
        self.over |= {job for job, status in told.items() if status.state.ended}
        return told

    def one(self, job: str) -> JobStatus:
        """The state of one job."""
        return self.status([job])[job]

    def wait(
        self, ids: Collection[str], states: Collection[JobState] = (), seconds: float = LATE
    ) -> dict[str, JobStatus]:
        """The jobs once each is in one of ``states``, by default once each has ended."""
        seen: dict[str, JobStatus] = {}
        refusal = Refusal(self, self.ces)

        def there() -> bool:
            seen.update(self.status(ids))
            refusal.look(what, [seen[job] for job in ids if job in seen])
            return all(seen[job].state in states if states else seen[job].state.ended for job in ids)

        what = f"{len(ids)} job(s) to reach {' or '.join(states) or 'their end'}"
        pause = SELDOM + EACH * len(ids)
        try:
            in_seconds(what, there, seconds=seconds, where=self.rb, remedy=BROKER, pause=pause)
        except JobRefused:
            raise
        except CheckTimedOut as late:
            waiting = [job for job in ids if job in seen and not seen[job].state.ended]
            expect(
                False, f"{late.what}: not so {len(waiting)}", where=self.rb, why=_listed(seen), remedy=BROKER
            )
        return seen

    def succeed(self, ids: Collection[str], seconds: float = LATE) -> dict[str, JobStatus]:
        """The jobs and their nodes once all are Done (Success)."""
        ended = self.wait(ids, seconds=seconds)
        failed = {job: status for job, status in ended.items() if not status.succeeded}
        why = next((each.reason for each in failed.values() if each.reason), "")
        counted = f"{len(failed)} of {len(ended)} jobs failed"
        expect(
            not failed,
            f"{reason(why) or shortened(why)} ({counted})" if why else counted,
            where=self.rb,
            why=_listed(failed),
            remedy=BROKER,
        )
        return ended

    def output(self, job: str) -> dict[str, str]:
        """Fetch a job's output: the files' content by their path below its directory."""
        fetched = self.run(f"glite-job-output --dir {self.directory}/out {job}")
        return self._files(parse_output(fetched.expect_success(BROKER).stdout))

    def outputs(self, ids: Collection[str], seconds: float = TYPING) -> dict[str, str]:
        """Fetch jobs' output by one command: the files' content by path, which a directory of each begins."""
        self.write("ids", "".join(f"{job}\n" for job in ids))
        line = f"glite-job-output --noint --dir {self.directory}/out -i ids"
        self.run(line, timeout=seconds).expect_success(BROKER)
        return self._files(f"{self.directory}/out")

    def _files(self, place: str) -> dict[str, str]:
        """The content of all files below a directory, by their path there."""
        _, *told = self.student.run(f"cd {place} && {SHOW_ALL}").expect_success(LOGIN).stdout.split("\0")
        return dict(sorted(zip(told[::2], told[1::2], strict=True)))

    def match(self, jdl: str) -> tuple[Match, ...]:
        """What glite-job-list-match finds, with ranks."""
        name = self.write("match.jdl", jdl)
        return parse_matches(self.run(f"glite-job-list-match --rank {name}").expect_success(BROKER).stdout)

    def events(self, job: str) -> tuple[JobEvent, ...]:
        """What the bookkeeping knows of a job."""
        return parse_events(self.run(f"glite-job-logging-info -v 2 {job}").expect_success(BROKER).stdout)

    def refused(self, line: str, codes: Collection[str], remedy: str = BROKER) -> str:
        """Type what must be refused with one of the codes of the gLite UI; the error's text."""
        ran = self.run(line)
        expect(not ran.ok, f"`{line}` was not refused", where=ran.where, why=ran.output, remedy=remedy)
        error = parse_error(ran.stderr)
        if error is None or error.code not in codes:
            raise UnexpectedOutput(f"`{line}` to be refused with {' or '.join(codes)}", ran.output, remedy)
        return error.text

    def end(self) -> None:
        """Cancel what is left, and remove the directory."""
        left = [job for job in self.ids if job not in self.over]
        if left:
            self.run(f"glite-job-cancel --noint {' '.join(left)} >/dev/null 2>&1")
        self.student.run(f"rm -rf {self.directory}")


class JobRefused(CheckTimedOut):
    """Jobs wait for a CE that lets their owner not in."""


class Refusal:
    """Looks whether jobs that the broker can't send are refused by all the CEs, and waits no longer then."""

    def __init__(self, jobs: GridJobs, ces: Sequence[str]) -> None:
        self._jobs, self._ces = jobs, ces
        self._next = time.monotonic() + UNSENT
        self._before = ""

    def look(self, what: str, seen: Iterable[JobStatus]) -> None:
        """Raise Refused if jobs are not sent, and the CEs said no twice."""
        unsent = {JobState.WAITING, JobState.READY}
        if not self._ces or time.monotonic() < self._next or not any(each.state in unsent for each in seen):
            return
        self._next = time.monotonic() + AGAIN
        told = [self._jobs.run(f"globusrun -a -r {ce}") for ce in self._ces]
        why = "" if any(each.ok or UNREACHED in each.output for each in told) else told[0].output
        if why and self._before:
            head = f"the CE lets the jobs' owner not in: {reason(why)}"
            raise JobRefused(
                f"{head} (gave up waiting for {what})", where=self._ces[0], why=why, remedy=OWN_DOOR
            )
        self._before = why


def hello(arguments: str = "Hello World", *lines: str) -> str:
    """The JDL of a job that says something on its standard output, which comes back as ``std.out``."""
    return _jdl("/bin/echo", arguments, lines)


def script(line: str, *lines: str) -> str:
    """The JDL of a job that runs a line without quotes in a shell.

    In single quotes, since Arguments are shell text: in double quotes the values of before would count.
    """
    return _jdl("/bin/sh", f"-c '{line}'", lines)


def said(files: dict[str, str]) -> dict[str, str]:
    """What jobs said, by the paths of their std.out below the output's directory."""
    return {path: text.strip() for path, text in files.items() if path.endswith("std.out")}


def expect_said(files: dict[str, str], wanted: list[str], where: str) -> None:
    """Raises CheckFailed unless the jobs said this, in whatever order."""
    found = sorted(said(files).values())
    expect(found == wanted, f"the jobs said {found}, not {wanted}", where=where, why=repr(files), remedy=LOST)


def _jdl(executable: str, arguments: str, lines: Iterable[str]) -> str:
    return "\n".join(
        [
            f'Executable = "{executable}";',
            f'Arguments = "{arguments}";',
            'StdOutput = "std.out";',
            'StdError = "std.err";',
            'OutputSandbox = {"std.out", "std.err"};',
            *lines,
            "",
        ]
    )


def _said_why(typed: CommandResult) -> str:
    """The first error of a command, to be put behind what failed."""
    error = parse_error(typed.stderr)
    return f": {error.code}, {' '.join(error.text.split())}" if error else ""


def _listed(jobs: dict[str, JobStatus], most: int = 12) -> str:
    shown = [str(status) for status in jobs.values()][:most]
    return "\n       ".join(shown + ([f"… and {len(jobs) - most} more"] if len(jobs) > most else []))
