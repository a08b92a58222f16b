"""What validate and the process of its checks tell each other: one file in the run directory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from harness import process

NAME = ".call.json"
REFUSED = ".refused"
"""Beside it: made by the checks where site or host allow no box, so that nothing is known of one."""


@dataclass(frozen=True)
class Call:
    """Who runs the checks, since when, and where progress is shown."""

    caller: str = ""
    """Its process (``process.signature``): when it is gone, nobody waits for them.  Empty for nobody."""
    started: float = 0.0
    """By the monotonic clock, which all processes share; 0 for the session's own begin."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds of the stages before the checks' process began."""
    console: int = -1
    """A descriptor that the checks inherit, for progress; none if negative."""

    def write(self, directory: Path) -> Path:
        """Leave it in a run directory; the file."""
        path = directory / NAME
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: str) -> Self:
        """What ``write`` left; that of nobody for an empty path."""
        return cls(**json.loads(Path(path).read_text(encoding="utf-8"))) if path else cls()

    @property
    def abandoned(self) -> bool:
        """Whether whoever wanted the checks was killed meanwhile."""
        return bool(self.caller) and not process.is_signature(self.caller)


def refuse(directory: Path) -> None:
    """Say, from the checks' side, that there can be no box here."""
    (directory / REFUSED).touch()


def take_answer(directory: Path) -> bool:
    """Whether there could be no box; both files are gone then, since they say nothing about the run."""
    refused = (directory / REFUSED).exists()
    for name in (NAME, REFUSED):
        (directory / name).unlink(missing_ok=True)
    return refused
