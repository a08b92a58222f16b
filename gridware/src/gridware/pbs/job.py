"""A job as Slurm knows it, in PBS terms."""

from __future__ import annotations

import time

from gridware.pbs import notes, numbers, paths, records, resources, server, slurm, times
from gridware.pbs.errors import PbsError, UsageError

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
MOST_DIGITS = 20
KILLED = 271
"""Exit status of a job ended from outside: 256 + SIGTERM, as pbs_mom reports it."""


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
        self.notes = _sound(notes.read(fields.get("Comment", "")))
        self.number = fields["JobId"]
        self.array = fields.get("ArrayJobId", "")
        self.tasks = tasks or []
        self.index = index if index is not None else fields.get("ArrayTaskId", "")
        if self.tasks:
            self.index = ""

    def check(self) -> None:
        """Raises KeyError, ValueError or IndexError for a record of which not all can be read."""
        if not (numbers.is_whole(self.sequence) and numbers.is_whole(self.index or "0")):
            raise ValueError(self.sequence)
        _ = self.name, self.user, self.queue, self.state, self.slots, self.exit_status, self.restarts

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
    def restarts(self) -> int:
        return int(self.fields.get("Restarts", "0"))

    @property
    def comment(self) -> str:
        """What became of its output, or why it waits, in Slurm's word."""
        reason = self.fields.get("Reason", "None")
        waits = f"Not Running: {reason}" if self.state in "QHW" and reason != "None" else ""
        return records.printable(self.notes.get("undelivered") or waits)

    @property
    def variables(self) -> dict[str, str]:
        """What Variable_List tells; of a value with commas the first part."""
        items = self.notes.get("Variable_List", "").split(",")
        return dict(item.partition("=")[::2] for item in items if "=" in item)

    @property
    def outputs(self) -> tuple[str, str]:
        """The files of its output and of its errors."""
        known = self.variables
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
        return int(text) if numbers.is_whole(text) and int(text) else None

    def epoch(self, key: str) -> str:
        return str(self.moment(key) or "")

    def date(self, key: str) -> str:
        moment = self.moment(key)
        return "" if moment is None else time.ctime(moment)


def _sound(known: dict[str, str]) -> dict[str, str]:
    """Notes as qsub writes them, without others: a comment is its owner's to change."""
    return {key: value for key, value in known.items() if _is_sound(key, value)}


def _is_sound(key: str, value: str) -> bool:
    if key == "on":
        return numbers.is_whole(value)
    if key == "Priority":
        return numbers.is_signed(value)
    if key.startswith(resources.USED):
        return len(value) < MOST_DIGITS and numbers.is_whole(value.removesuffix("kb"))
    if not key.startswith(resources.PREFIX):
        return True
    try:
        return bool(resources.parse(f"{key.removeprefix(resources.PREFIX)}={value}"))
    except (PbsError, UsageError):
        return False
