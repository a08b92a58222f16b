"""Waiting for the box to do what it must."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.deadline import wait_for
from harness.errors import CheckFailed, WaitError

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds for a job to get through a queue that other checks fill as well, on a busy machine."""
PAUSE = 0.2
"""Seconds between the first two looks: each is a command on a node."""
LONGEST = 2.0
"""Seconds between two looks at last."""


class NotYet(OSError):  # noqa: N818 - an answer, not an error
    """Raised by a probe: what it saw instead.  ``wait_for`` takes any OSError as "not yet"."""

    def __repr__(self) -> str:
        return str(self)


class NeverCame(CheckFailed):
    """The box had long enough, and did not do it."""


def soon(
    what: str,
    probe: Callable[[], T | None],
    *,
    seconds: float = PATIENCE,
    where: str = "",
    remedy: str = "",
    pause: float = PAUSE,
) -> T:
    """Call ``probe`` until it returns something true, and return that; raises NeverCame at the deadline.

    A probe returns None or raises NotYet until then.
    ``wait_for`` with another verdict: here it is the box that was too slow, not the harness.
    """
    try:
        return wait_for(what, probe, seconds, where=where, pause=pause, longest=LONGEST)
    except WaitError as error:
        raise NeverCame(error.what, where=where, why=error.why, remedy=remedy) from None
