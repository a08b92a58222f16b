"""A job in the books: what was asked for, how far it is, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """The states of the logging and bookkeeping service, in their order."""

    SUBMITTED = "Submitted"
    WAITING = "Waiting"
    READY = "Ready"
    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    DONE = "Done"
    CLEARED = "Cleared"
    ABORTED = "Aborted"
    CANCELLED = "Cancelled"

    @property
    def ended(self) -> bool:
        """Nothing more will run."""
        return self in ENDED


ENDED = (State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED)
AT_CE = (State.READY, State.SCHEDULED, State.RUNNING)
"""An attempt is in HTCondor's queue or on a CE."""

DAG, COLLECTION, NORMAL = "dag", "collection", "normal"


@dataclass
class Job:
    """One row of the books. Times are epoch seconds."""

    id: str
    owner: str
    vo: str
    fqans: list[str]
    account: str
    jdl: str
    files: list[str]
    """Names of the local files of the InputSandbox, in the order of their numbers on disk."""
    parent: str
    node: str
    kind: str
    submitted: float
    changed: float
    state: State = State.SUBMITTED
    number: int = 0
    started: bool = False
    """All its files are here and it may go."""
    due: float = 0
    """Not to be tried before."""
    attempt: int = 0
    shallow: int = 0
    deep: int = 0
    """Resubmissions so far: before and after the user's program could have been started."""
    key: str = ""
    """What the wrapper of this attempt proves itself with."""
    claim: str = ""
    """The wrapper that got the token; no other one may run."""
    ceid: str = ""
    since: float = 0
    """Since when this attempt, or the wait for a resource, is under way."""
    trouble: float = 0
    """Since when CEs have been failing it for reasons that pass."""
    worker: str = ""
    contact: str = ""
    outputs: list[str] = field(default_factory=list)
    """Names of the files the wrapper has sent, in the order of their numbers on disk."""
    exit_code: int | None = None
    reason: str = ""
    failure: str = ""
    """Why the last attempt failed."""
    leftover: bool = False
    """Ended, but HTCondor may still hold an attempt."""

    @property
    def unique(self) -> str:
        """The last part of the id: the name of its directory."""
        return self.id.rpartition("/")[2]

    @property
    def attempt_name(self) -> str:
        """Names an attempt in HTCondor's queue and on disk."""
        return f"{self.unique}.{self.attempt}"

    @property
    def compound(self) -> bool:
        return self.kind != NORMAL

    @property
    def qualifier(self) -> str:
        """What stands behind Done."""
        if self.state is not State.DONE:
            return ""
        if self.exit_code is None:
            return "Failed" if self.failure else "Success"
        return "Success" if self.exit_code == 0 else "Exit Code !=0"

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Job:
        """A job from the values of its columns."""
        lists = {name: json.loads(row[name]) for name in ("fqans", "files", "outputs")}
        flags = {name: bool(row[name]) for name in ("started", "leftover")}
        return cls(**{**row, **lists, **flags, "state": State(row["state"])})
