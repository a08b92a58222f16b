"""Jobs as Slurm knows them, in PBS terms."""

from __future__ import annotations

import time

from pbs import errors, notes, records, server, slurm, times
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
KILLED = 271
"""Exit status of a job ended from outside: 256 + SIGTERM, as pbs_mom reports it."""


class Job:
    """One record of ``scontrol show job -o -d``."""

    def __init__(self, fields: dict[str, str], host: str) -> None:
        self.fields = fields
        self.server = host
        self.notes = notes.read(fields.get("Comment", ""))
        self.number = fields["JobId"]
        self.array = fields.get("ArrayJobId", "")

    @property
    def ident(self) -> str:
        """``12.ce.domain``, or ``12[3].ce.domain`` for a member of an array."""
        number = f"{self.array}[{self.fields.get('ArrayTaskId', '')}]" if self.array else self.number
        return f"{number}.{self.server}"

    @property
    def short_ident(self) -> str:
        """The id with the first part of the server's name only, as qstat's tables show it."""
        return self.ident.partition(".")[0] + "." + server.short(self.server)

    @property
    def name(self) -> str:
        return self.fields["JobName"]

    @property
    def user(self) -> str:
        return self.fields["UserId"].partition("(")[0]

    @property
    def queue(self) -> str:
        return self.fields["Partition"].partition(",")[0]

    @property
    def state(self) -> str:
        """One letter: Q R E H W S, or C for a job that has ended."""
        state = self.fields["JobState"].split()[0].partition("+")[0]
        if state != "PENDING":
            return ALIVE.get(state, "C")
        reason = self.fields.get("Reason", "")
        return "W" if reason == "BeginTime" else "H" if reason in HELD else "Q"

    @property
    def held_by(self) -> str:
        """``Hold_Types``: u (user), o (operator), s (system: waits for other jobs), n."""
        reason = self.fields.get("Reason", "") if self.state == "H" else ""
        return {"JobHeldUser": "u", "JobHeldAdmin": "o", "": "n"}.get(reason, "s")

    @property
    def wall_seconds(self) -> int:
        return times.from_slurm(self.fields.get("RunTime", ""))

    @property
    def limit_seconds(self) -> int:
        """The walltime asked for, else the queue's."""
        asked = self.notes.get("Resource_List.walltime", "")
        return times.seconds(asked) if asked else times.from_slurm(self.fields.get("TimeLimit", ""))

    @property
    def slots(self) -> list[str]:
        """``wn/0`` for each slot the job holds."""
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

    def moment(self, key: str) -> int | None:
        """A time of the record in seconds since 1970; None while it is not known."""
        text = self.fields.get(key, "")
        return int(text) if text.isdigit() and int(text) else None

    def date(self, key: str) -> str:
        moment = self.moment(key)
        return "" if moment is None else time.ctime(moment)


def all_jobs(host: str) -> list[Job]:
    """Every job that Slurm remembers, the ended ones of the last minutes (MinJobAge) included."""
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d")
    if result.code:
        raise slurm.refusal(result.err)
    return [Job(records.parse(line), host) for line in result.out.splitlines() if line.startswith("JobId=")]


def find(host: str, word: str) -> list[Job]:
    """The jobs meant by an id: one, or the members of an array. PbsError (153) if there is none."""
    number, index = server.number_of(word, host)
    slurm_id = number if index in (None, "") else f"{number}_{index}"
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d", slurm_id)
    found = [Job(records.parse(line), host) for line in result.out.splitlines() if line.startswith("JobId=")]
    if found:
        return found
    error = slurm.refusal(result.err)
    if error.number == errors.UNKNOWN_JOB or not result.code:
        raise PbsError(f"Unknown Job Id {full(word, host)}", errors.UNKNOWN_JOB)
    raise error


def full(word: str, host: str) -> str:
    """The id a person typed, with the server's name."""
    return word.partition("@")[0] if "." in word else f"{word.partition('@')[0]}.{host}"
