"""The batch system: what qsub, qstat and pbsnodes print (Torque's layouts)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.grid.errors import UnexpectedOutput

_JOB_ID = re.compile(r"^(\d+)\.(\S+)$")
# An array, 12[].ce, is counted as a job by its number.
_JOB_ROW = re.compile(
    r"^(\d+)(?:\[\d*\])?\.(\S+)\s+(\S+)\s+(\S+)\s+(?:\d\S*)\s+([CEHQRSTW])\s+(\S+)\s*$", re.MULTILINE
)
# A terminal whose input ended while the job waited shows that as ^@ or ^D at the start of the next line.
_INTERACTIVE = re.compile(r"^(?:\^[@D])*qsub: job (\d+\.\S+) (ready|completed)\r?$", re.MULTILINE)
DONE = frozenset("C")
RUNNING = frozenset("RE")
WAITING = frozenset("QHTW")


@dataclass(frozen=True)
class JobId:
    """A job's number and the server that gave it: ``12.ce.example.org``."""

    number: int
    server: str

    @classmethod
    def parse(cls, text: str) -> JobId:
        """Read what qsub printed."""
        match = _JOB_ID.match(text.strip())
        if match is None:
            raise UnexpectedOutput("a job id such as 12.ce.example.org", text)
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.number}.{self.server}"


@dataclass(frozen=True)
class Job:
    """A line of qstat; ``state`` is Torque's letter."""

    number: int
    name: str
    user: str
    state: str
    queue: str

    @property
    def running(self) -> bool:
        return self.state in RUNNING

    @property
    def waiting(self) -> bool:
        return self.state in WAITING

    @property
    def done(self) -> bool:
        return self.state in DONE


@dataclass(frozen=True)
class WorkerNode:
    """A WN as the scheduler sees it."""

    name: str
    states: tuple[str, ...]
    slots: int
    jobs: tuple[str, ...]
    """One id for each slot in use."""
    properties: tuple[str, ...]

    @property
    def free(self) -> bool:
        return self.states == ("free",)

    @property
    def up(self) -> bool:
        """Takes jobs, or is full of them."""
        return not {"down", "offline", "state-unknown", "busy"} & set(self.states)


def parse_qstat(text: str) -> tuple[Job, ...]:
    """Read qstat; without any job it prints nothing at all."""
    if text.strip() and not text.startswith("Job "):
        raise UnexpectedOutput("the table of qstat", text)
    return tuple(
        Job(int(number), name, user, state, queue)
        for number, _, name, user, state, queue in _JOB_ROW.findall(text)
    )


def parse_pbsnodes(text: str) -> tuple[WorkerNode, ...]:
    """Read ``pbsnodes -a``; raises UnexpectedOutput if there is no node with a state."""
    nodes = []
    for block in re.split(r"\n\s*\n", text.strip()):
        name, *lines = block.splitlines() or [""]
        pairs = dict(line.strip().split(" = ", 1) for line in lines if " = " in line)
        if "state" in pairs:
            nodes.append(
                WorkerNode(
                    name.strip(),
                    _words(pairs["state"]),
                    int(pairs.get("np", "0")),
                    tuple(word.partition("/")[2] for word in _words(pairs.get("jobs", ""))),
                    _words(pairs.get("properties", "")),
                )
            )
    if not nodes:
        raise UnexpectedOutput("worker nodes with their states", text)
    return tuple(nodes)


def parse_interactive(text: str) -> dict[str, JobId]:
    """The words of ``qsub -I`` in a terminal's text: ``ready`` and ``completed``, each with the job's id."""
    return {word: JobId.parse(job) for job, word in _INTERACTIVE.findall(text)}


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
