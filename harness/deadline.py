"""Waiting for conditions, never for time alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from harness.command import gathered
from harness.errors import WaitError

T = TypeVar("T")


@dataclass(frozen=True)
class Deadline:
    """A point in time, ``seconds`` after its making, on the monotonic clock."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    @property
    def remaining(self) -> float:
        """Seconds left; never below zero."""
        return max(0.0, self.started + self.seconds - time.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining == 0.0


def wait_for(
    what: str,
    probe: Callable[[], T | bool | None],
    seconds: float,
    *,
    where: str = "",
    remedy: str = "",
    pause: float = 0.05,
) -> T:
    """Call ``probe`` until it returns something true, and return that.

    A probe that raises ``OSError`` counts as "not yet".  Raises WaitError with the last thing seen: the
    error, or what ``probe`` returned.
    """
    with gathered():
        return _poll(what, probe, Deadline(seconds), where, remedy, pause)


def _poll(
    what: str, probe: Callable[[], T | bool | None], deadline: Deadline, where: str, remedy: str, pause: float
) -> T:
    while True:
        try:
            seen: object = probe()
        except OSError as error:
            seen = error
        if seen and not isinstance(seen, OSError):
            return seen  # type: ignore[return-value]
        if deadline.expired:
            raise WaitError(
                f"waited {deadline.seconds:g} s for {what}",
                where=where,
                why=f"last seen: {seen if isinstance(seen, OSError) else repr(seen)}",
                remedy=remedy,
            )
        time.sleep(min(pause, deadline.remaining))
