"""Jobs as Slurm knows them, in PBS terms."""

from __future__ import annotations

import time

from pbs import errors, notes, paths, records, server, slurm, times
from pbs.errors import PbsError

HELD = (
    "JobHeldUser",
    "JobHeldAdmin",
    "Dependency",
    "DependencyNeverSatisfied",
    "launch_failed_requeued_held",
)
# Slurm's states (squeue(1), "JOB STATE CODES"); those not listed are ends: COMPLETED, CANCELLED, TIMEOUT …
ALIVE = {
    "PENDING": "Q",
    "REQUEUED": "Q",
    "SPECIAL_EXIT": "H",
    "CONFIGURING": "R",
    "RUNNING": "R",
    "SIGNALING": "R",
    "STAGE_OUT": "E",
    "COMPLETING": "E",
    "STOPPED": "S",
    "SUSPENDED": "S",
}
MOST_TASKS = 100_000
KILLED = 271
"""Exit status of a job ended from outside: 256 + SIGTERM, as pbs_mom reports it."""


RESOURCE = "Resource_List."


class Job:
    """One record of ``scontrol show job -o -d``; of an array one task, or the whole (``tasks``)."""

    def __init__(
        self,
        fields: dict[str, str],
        host: str,
        index: str | None = None,
        tasks: list[Job] | None = None,
    ) -> None:
        self.fields = fields
        self.server = host
        self.notes = notes.read(fields.get("Comment", ""))
        self.number = fields["JobId"]
        self.array = fields.get("ArrayJobId", "")
        self.tasks = tasks or []
        self.index = index if index is not None else fields.get("ArrayTaskId", "")
        if self.tasks:
            self.index = ""

    @property
    def sequence(self) -> str:
        """The number in the id: the array's for its tasks."""
        return self.array or self.number

    @property
    def ident(self) -> str:
        """``12.ce.domain``, ``12[3].ce.domain`` for a task of an array, ``12[].ce.domain`` for the array."""
        return f"{self.sequence}{f'[{self.index}]' if self.array else ''}.{self.server}"

    @property
    def slurm_id(self) -> str:
        """What Slurm's commands take: ``12``, ``12_3``."""
        return f"{self.array}_{self.index}" if self.array and not self.tasks else self.sequence

    @property
    def short_ident(self) -> str:
        """The id with the first part of the server's name only, as qstat's tables show it."""
        return self.ident.partition(".")[0] + "." + server.short(self.server)

    @property
    def name(self) -> str:
        return self.fields["JobName"]

    @property
    def shown_name(self) -> str:
        """The name with its task's number, as Torque gives it."""
        return f"{self.name}-{self.index}" if self.array and not self.tasks else self.name

    @property
    def user(self) -> str:
        return self.fields["UserId"].partition("(")[0]

    @property
    def queue(self) -> str:
        return self.fields["Partition"].partition(",")[0]

    @property
    def state(self) -> str:
        """One letter: Q R E H W S, or C for a job that has ended. An array has that of its liveliest task."""
        if self.tasks:
            states = {task.state for task in self.tasks}
            return next((letter for letter in "RESQWHC" if letter in states), "C")
        state = self.fields["JobState"].split()[0].partition("+")[0]
        if state != "PENDING":
            return ALIVE.get(state, "C")
        reason = self.fields.get("Reason", "")
        return "W" if reason == "BeginTime" else "H" if reason in HELD else "Q"

    @property
    def held_by(self) -> str:
        """``Hold_Types``: u (user), o (operator), s (system: waits for other jobs), n."""
        if self.state != "H":
            return self.notes.get("Hold_Types", "n")
        reason = next((task.fields for task in self.tasks if task.state == "H"), self.fields)["Reason"]
        if "on" in self.waits:
            return "s"
        return {"JobHeldUser": "u", "JobHeldAdmin": "o"}.get(reason, "s")

    @property
    def waits(self) -> dict[str, int]:
        """How many jobs must still name this one in a ``before…`` dependency (``depend=on:2``)."""
        return {"on": int(self.notes["on"])} if self.notes.get("on", "0") != "0" else {}

    @property
    def wall_seconds(self) -> int:
        return times.from_slurm(self.fields.get("RunTime", ""))

    @property
    def limit_seconds(self) -> int:
        """The walltime asked for, else the queue's."""
        asked = self.notes.get("Resource_List.walltime", "")
        return times.seconds(asked) if asked else times.from_slurm(self.fields.get("TimeLimit", ""))

    @property
    def running(self) -> bool:
        """Whether Slurm still lets it run: a job that is being ended is not running."""
        return self.fields["JobState"].split()[0] in ("RUNNING", "SUSPENDED", "STOPPED")

    @property
    def slots(self) -> list[str]:
        """``wn/0`` for each slot the job holds or, after its end, held."""
        nodes, cpus = self.fields.get("Nodes", "").split(), self.fields.get("CPU_IDs", "").split()
        return [
            f"{name}/{slot}"
            for group, ids in zip(nodes, cpus, strict=False)
            for name in records.expand_hosts(group)
            for slot in records.expand_numbers(ids)
        ]

    @property
    def exit_status(self) -> int:
        """As pbs_mom counts: the exit code, 256 + N after signal N."""
        code, _, signal = self.fields.get("ExitCode", "0:0").partition(":")
        ended = self.fields["JobState"].split()[0]
        if ended.startswith(("CANCELLED", "TIMEOUT", "PREEMPTED", "DEADLINE", "OUT_OF_MEMORY", "NODE_FAIL")):
            return KILLED
        return 256 + int(signal) if int(signal or 0) else int(code)

    @property
    def comment(self) -> str:
        """What became of its output, or why it waits, in Slurm's word."""
        reason = self.fields.get("Reason", "None")
        waits = f"Not Running: {reason}" if self.state in "QHW" and reason != "None" else ""
        return self.notes.get("undelivered") or waits

    @property
    def outputs(self) -> tuple[str, str]:
        """The files of its output and of its errors."""
        known = dict(
            item.partition("=")[::2] for item in self.notes.get("Variable_List", "").split(",") if "=" in item
        )
        known |= {"HOME": known.get("PBS_O_HOME", "~"), "USER": self.user, "LOGNAME": self.user}
        known |= {"PBS_JOBID": self.ident, "PBS_JOBNAME": self.shown_name, "PBS_QUEUE": self.queue}
        known.setdefault("PBS_O_WORKDIR", self.fields.get("WorkDir", "/"))
        if self.array:
            known["PBS_ARRAYID"] = self.index or "$PBS_ARRAYID"
        return paths.outputs(self.notes, known, self.name, self.sequence, self.index)

    def remember(self, more: dict[str, str], *updates: str) -> None:
        """Add notes, and change more of Slurm's record (``Name=x``). PbsError if Slurm refuses."""
        if updates:  # Slurm does what it may of an update, and then refuses the rest
            self.change(*updates)
        self.notes.update(more)
        self.change(f"Comment={notes.write(self.notes)}")

    def change(self, *updates: str) -> None:
        """Change Slurm's record. PbsError if it refuses."""
        result = slurm.run(self.server, "scontrol", "update", f"JobId={self.slurm_id}", *updates)
        if result.code:
            raise slurm.refusal(result.err)

    def release(self) -> None:
        """End a hold. PbsError if Slurm refuses."""
        self._order("release")

    def hold(self, operator: bool = False) -> None:
        """Hold a job that waits: its owner's hold, or an operator's. PbsError if Slurm refuses."""
        self._order("hold" if operator else "uhold")

    def _order(self, word: str) -> None:
        result = slurm.run(self.server, "scontrol", word, self.slurm_id)
        if result.code:
            raise slurm.refusal(result.err)

    def moment(self, key: str) -> int | None:
        """A time of the record in seconds since 1970; None while it is not known."""
        text = self.fields.get(key, "")
        return int(text) if text.isdigit() and int(text) else None

    def epoch(self, key: str) -> str:
        return str(self.moment(key) or "")

    def date(self, key: str) -> str:
        moment = self.moment(key)
        return "" if moment is None else time.ctime(moment)


def resource_list(known: dict[str, str]) -> dict[str, str]:
    """The resources among a job's notes, by their plain names."""
    return {key.removeprefix(RESOURCE): value for key, value in known.items() if key.startswith(RESOURCE)}


def _parse(text: str, host: str) -> list[Job]:
    """Records; one that stands for many waiting tasks of an array (``ArrayTaskId=3,5-9%2``) as many jobs."""
    found: list[Job] = []
    for line in text.splitlines():
        if not line.startswith("JobId="):
            continue
        fields = records.parse(line)
        tasks = records.expand_steps(fields.get("ArrayTaskId", "").partition("%")[0])
        found += [Job(fields, host, str(number)) for number in tasks] or [Job(fields, host)]
    return sorted(found, key=lambda job: (int(job.sequence), int(job.index or 0)))


def all_jobs(host: str) -> list[Job]:
    """Every job that Slurm remembers, those that ended minutes ago (MinJobAge) too; arrays by task."""
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d")
    if result.code:
        raise slurm.refusal(result.err)
    return _parse(result.out, host)


def folded(found: list[Job]) -> list[Job]:
    """Arrays as one job each, where their first task stood."""
    arrays: dict[str, list[Job]] = {}
    for job in found:
        arrays.setdefault(job.array, []).append(job)
    shown: list[Job] = []
    for job in found:
        if not job.array or job.tasks:
            shown.append(job)
        elif job is arrays[job.array][0]:
            shown.append(array_of(arrays[job.array]))
    return shown


def array_of(tasks: list[Job]) -> Job:
    """The array that tasks belong to."""
    liveliest = min(tasks, key=lambda task: "RESQWHC".index(task.state))
    return Job(liveliest.fields, tasks[0].server, tasks=tasks)


def of_slurm(host: str, number: str) -> Job | None:
    """The job with one of Slurm's own numbers, also of a task; None if there is none."""
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d", number)
    return next((job for job in _parse(result.out, host) if job.number == number), None)


def find(host: str, word: str) -> list[Job]:
    """The jobs meant by an id: one, or all tasks of an array. PbsError (153) if there is none."""
    number, index = server.number_of(word, host)
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d", f"{number}_{index}" if index else number)
    found = [
        job
        for job in _parse(result.out, host)
        if job.sequence == number and (not index or job.index == index)
    ]
    # An array's id has brackets, a plain job's has none; Slurm's number of a task is no id at all.
    if found and (index is None or found[0].array):
        return found
    error = slurm.refusal(result.err)
    if error.number == errors.UNKNOWN_JOB or not result.code:
        raise PbsError(f"Unknown Job Id {full(word, host)}", errors.UNKNOWN_JOB)
    raise error


def one(host: str, word: str) -> Job:
    """The job meant by an id; an array as one. PbsError (153) if there is none."""
    found = find(host, word)
    return array_of(found) if found[0].array and not server.number_of(word, host)[1] else found[0]


def chosen(host: str, word: str, tasks: str) -> list[Job]:
    """The jobs of an id, of an array those of a range (``-t 1,3-5``). PbsError if there is none such.

    Waiting and ended tasks of a range are taken as they are; a task that never was is unknown.
    """
    found = find(host, word)
    if not tasks:
        return found
    if not found[0].array:
        raise PbsError(f"Error: job id '{word}' isn't a job array but -t was specified.")
    known = {int(job.index): job for job in found}
    wanted = ranges(tasks)
    missing = sorted(wanted - set(known))
    if missing and len(wanted) == len(missing):
        raise PbsError(f"Unknown Job Id {found[0].sequence}[{missing[0]}].{host}", errors.UNKNOWN_JOB)
    return [known[number] for number in sorted(wanted & set(known))]


def full(word: str, host: str) -> str:
    """The id a person typed, with the server's name."""
    return word.partition("@")[0] if "." in word else f"{word.partition('@')[0]}.{host}"


def spans(numbers: list[int]) -> str:
    """1, 2, 3, 7 → ``1-3,7``."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)


def ranges(text: str) -> set[int]:
    """The tasks of ``-t 1,3-5``. ValueError if it is no such list."""
    found: set[int] = set()
    for item in text.split(","):
        low, dash, high = item.strip().partition("-")
        if not (low.isascii() and low.isdigit()) or (dash and not (high.isascii() and high.isdigit())):
            raise ValueError(text)
        first, last = int(low), int(high or low)
        if last < first or last - first > MOST_TASKS:
            raise ValueError(text)
        found |= set(range(first, last + 1))
    return found
