"""What a check says of the problems it found, so that a trainer knows what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from harness.command import gathered
from harness.deadline import Deadline, Hope, pauses
from harness.errors import CheckFailed
from harness.grid.soon import LONGEST

T = TypeVar("T")
PAUSE = 0.2
"""Seconds between two looks."""
SHOWN = 12
"""Problems that a message names; the steps of the report show all."""


def expect_none(problems: Sequence[str], what: str, *, remedy: str, where: str = "") -> None:
    """Raises CheckFailed that names the problems, if there are any."""
    if not problems:
        return
    shown = list(problems[:SHOWN])
    if len(problems) > SHOWN:
        shown.append(f"… and {len(problems) - SHOWN} more")
    raise CheckFailed(what, where=where, why="\n       ".join(shown), remedy=remedy)


def every(items: Iterable[T], action: Callable[[T], object]) -> None:
    """``action`` of every item, also after one has failed; raises the first CheckFailed, and tells of all."""
    failed: list[CheckFailed] = []
    for item in items:
        try:
            action(item)
        except CheckFailed as error:
            failed.append(error)
    if failed:
        first, *others = failed
        first.why = "\n       ".join(filter(None, [first.why, *(each.what for each in others)]))
        raise first


def eventually(
    what: str,
    probe: Callable[[], T | None],
    seconds: float,
    *,
    remedy: str,
    where: str = "",
    pause: float = PAUSE,
) -> T:
    """What ``probe`` returns once that is something.

    Raises CheckFailed with the last trouble if it stays nothing for ``seconds``.  A probe may itself raise
    CheckFailed or OSError for "not yet".
    """
    with gathered():
        return _poll(what, probe, Deadline(seconds), where, remedy, pause)


def _poll(
    what: str, probe: Callable[[], T | None], deadline: Deadline, where: str, remedy: str, pause: float
) -> T:
    hope, between = Hope(), pauses(pause, LONGEST)
    while True:
        trouble = "there was nothing yet"
        try:
            seen = probe()
            if seen:
                return seen
        except CheckFailed as error:
            trouble = "; ".join(filter(None, (error.where, error.what, error.why)))
        except OSError as error:
            trouble = str(error)
        lost = hope.lost()
        if lost or deadline.expired:
            head = f"{lost}: {what}" if lost else what
            waited = deadline.passed if lost else deadline.seconds
            raise CheckFailed(f"{head} (waited {waited:.3g} s)", where=where, why=trouble, remedy=remedy)
        time.sleep(next(between))
