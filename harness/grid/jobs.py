"""Jobs of the broker: what glite-job-*, edg-job-* and glite-wms-job-* print (facts on gLite, Appendix A)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from harness.grid.errors import UnexpectedOutput
from harness.grid.infosites import CeId

_ID = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?/[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")
_BLOCK = re.compile(r"^\s*Status info for the Job : (https://\S+)", re.MULTILINE)
_STATE = re.compile(r"^\s*Current Status:\s+([A-Z][a-z]+)\s*(?:\((.*?)\))?\s*$", re.MULTILINE)
_EXIT = re.compile(r"^\s*Exit code:\s+(-?\d+)", re.MULTILINE)
_REASON = re.compile(r"^\s*Status Reason:\s+(.*)$", re.MULTILINE)
_DESTINATION = re.compile(r"^\s*Destination:\s+(\S+:\d+/(?:jobmanager|blah|cream)-\S+)", re.MULTILINE)
_PARENT = re.compile(r"^\s*Parent Job:\s+(https://\S+)", re.MULTILINE)
_DIRECTORY = re.compile(r"stored in the directory:\s*\n\s*(/\S+)")
_NO_MATCH = "No Computing Element matching"
_MATCH = re.compile(r"^\s*-\s+(\S+:\d+/(?:jobmanager|blah|cream)-\S+)(?:\s+(-?[\d.eE+]+))?\s*$", re.MULTILINE)
_EVENT = re.compile(r"^Event: (\w+)$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^- (\w+)\s*=\s+(.*)$", re.MULTILINE)
_ERROR = re.compile(r"^\*\*\*\* Error: (\w+) \*\*\*\*\s*\n(.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


class JobState(StrEnum):
    """A job's states, in the order of its life (gLite LB)."""

    SUBMITTED = "Submitted"
    WAITING = "Waiting"
    READY = "Ready"
    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    DONE = "Done"
    CLEARED = "Cleared"
    ABORTED = "Aborted"
    CANCELLED = "Cancelled"
    UNKNOWN = "Unknown"
    PURGED = "Purged"

    @property
    def ended(self) -> bool:
        """Whether the job itself is over, for good or bad."""
        return self in _ENDED


_ENDED = frozenset({JobState.DONE, JobState.CLEARED, JobState.ABORTED, JobState.CANCELLED, JobState.PURGED})


@dataclass(frozen=True)
class JobStatus:
    """A job as a status command shows it; what it did not say is empty or None."""

    id: str
    state: JobState
    qualifier: str = ""
    """Of Done: ``Success``, ``Failed``, ``Exit Code !=0``."""
    exit_code: int | None = None
    reason: str = ""
    destination: str = ""
    parent: str = ""

    @property
    def succeeded(self) -> bool:
        """Done well; Cleared says so too, for only output of such jobs can be fetched."""
        return self.state is JobState.CLEARED or (self.state is JobState.DONE and self.qualifier == "Success")

    def __str__(self) -> str:
        qualifier = f" ({self.qualifier})" if self.qualifier else ""
        return f"{self.id}: {self.state}{qualifier}{f', {self.reason}' if self.reason else ''}"


@dataclass(frozen=True)
class Match:
    """A CE that fits a job; the rank is known if it was asked for."""

    ce: CeId
    rank: float | None = None


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UiError:
    """An error of the old commands, such as ``NS_NOT_AVAILABLE``."""

    code: str
    text: str


def parse_submit(text: str) -> str:
    """The id in what a submit command printed, with its box or with --nomsg."""
    found = set(_ID.findall(text))
    if len(found) != 1:
        raise UnexpectedOutput("the identifier of one job, https://host:9000/ and 22 characters", text)
    return str(found.pop())


def parse_status(text: str) -> dict[str, JobStatus]:
    """Jobs by id, nodes after their parent; raises UnexpectedOutput if there is none."""
    starts = [match.start() for match in _BLOCK.finditer(text)]
    jobs = [_status(text[start:end]) for start, end in pairwise([*starts, len(text)])]
    if not jobs:
        raise UnexpectedOutput("the state of a job", text)
    return {job.id: job for job in jobs}


def parse_output(text: str) -> str:
    """The directory that the files of one job are in."""
    found = _DIRECTORY.findall(text)
    if len(found) != 1:
        raise UnexpectedOutput("the directory with a job's output", text)
    return str(found[0])


def parse_matches(text: str) -> tuple[Match, ...]:
    """The CEs that fit, best first; none is no error of the layout."""
    found = tuple(Match(CeId.parse(ce), float(rank) if rank else None) for ce, rank in _MATCH.findall(text))
    if not found and _NO_MATCH not in text:
        raise UnexpectedOutput("CEs that fit a job, or the words that none does", text)
    return found


def parse_events(text: str) -> tuple[JobEvent, ...]:
    """What a logging-info command tells of one job, oldest first."""
    # The split gives what stands before the first event, then a name and its lines, and so on.
    _, *rest = _EVENT.split(text)
    if not rest:
        raise UnexpectedOutput("events of a job", text)
    return tuple(
        JobEvent(name, {key: value.strip() for key, value in _ATTRIBUTE.findall(lines)})
        for name, lines in zip(rest[::2], rest[1::2], strict=True)
    )


def parse_error(text: str) -> UiError | None:
    """The first error of an old command, if it told one."""
    match = _ERROR.search(text)
    return UiError(match[1], match[2].strip()) if match else None


def _status(block: str) -> JobStatus:
    job, state = _BLOCK.search(block), _STATE.search(block)
    if job is None or state is None or state[1] not in set(JobState):
        raise UnexpectedOutput("the state of a job", block)
    exit_code = _EXIT.search(block)
    return JobStatus(
        job[1],
        JobState(state[1]),
        state[2] or "",
        int(exit_code[1]) if exit_code else None,
        _first(_REASON, block),
        _first(_DESTINATION, block),
        _first(_PARENT, block),
    )


def _first(expression: re.Pattern[str], text: str) -> str:
    match = expression.search(text)
    return match[1].strip() if match else ""
