"""What the broker tells of jobs."""

from __future__ import annotations

from gridware.tuples import NamedTuple


class JobStatus(NamedTuple):
    """What the bookkeeping knows of a job; times are epoch seconds."""

    id: str
    state: str
    done_qualifier: str
    exit_code: int | None
    reason: str
    destination: str
    submitted: float
    last_change: float
    parent: str | None
    children: list[str]
    owner_dn: str
    attributes: dict[str, str]


class Event(NamedTuple):
    """One entry of a job's log."""

    name: str
    time: float
    source: str
    attributes: dict[str, str]
