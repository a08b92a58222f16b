"""What a check expects: that something holds, that nothing is wrong, that something comes true in time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import TypeVar

from harness.deadline import wait_for
from harness.errors import CheckFailed, WaitError

T = TypeVar("T")
PATIENCE = 180.0
"""Seconds for a job to get through a queue that other checks fill as well, on a busy machine."""
_pace: ContextVar[float] = ContextVar("pace", default=1.0)
"""By which factor what checks of this context expect may take longer."""
PAUSE = 0.2
"""Seconds between the first two looks: each is a command on a node."""
LONGEST = 2.0
"""Seconds between two looks at last."""
SELDOM, RAREST = 1.0, 4.0
"""The same two, and the first also until the first look, where looks are dear."""
SHOWN = 12
"""Problems that a message names; the steps of the report show all."""


class NotYet(OSError):  # noqa: N818 - an answer, not an error
    """Raised by a probe: what it saw instead.  ``wait_for`` takes any OSError as "not yet"."""

    def __repr__(self) -> str:
        return str(self)


class CheckTimedOut(CheckFailed):
    """The box had long enough, and did not do it."""


def go_by(pace: float) -> None:
    """Have checks of this context expect things at a box of that pace (``Box.pace``): it has longer."""
    _pace.set(pace)


def longer(seconds: float) -> float:
    """So many seconds of a usual machine, as checks of this context wait them."""
    return seconds * _pace.get()


def expect(condition: object, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
    """Raise CheckFailed unless ``condition``: an assertion that also tells what to do."""
    if not condition:
        raise CheckFailed(what, where=where, why=why, remedy=remedy)


def expect_none(problems: Sequence[str], what: str, *, remedy: str, where: str = "") -> None:
    """Raises CheckFailed that names the problems, if there are any."""
    shown = list(problems[:SHOWN])
    if len(problems) > SHOWN:
        shown.append(f"… and {len(problems) - SHOWN} more")
    expect(not problems, what, where=where, why="\n       ".join(shown), remedy=remedy)


def expect_reason(what: str, pattern: str, text: str, host: str) -> None:
    """Raise CheckFailed unless ``text`` gives the reason that was wanted."""
    expect(
        re.search(pattern, text),
        f"{what}, but not for that reason: the words `{pattern.partition('|')[0]}` are missing",
        where=host,
        why=text.strip(),
        remedy="something else is wrong first: look at CERT-1, CERT-2, TIME-1 and DNS-1",
    )


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


def tried(work: Callable[[], T]) -> Callable[[], T]:
    """``work`` as a probe: where it raises CheckFailed, that is what was seen, and no more."""

    def probe() -> T:
        try:
            return work()
        except CheckFailed as error:
            raise NotYet("; ".join(filter(None, (error.where, error.what, error.why)))) from error

    return probe


def eventually(
    what: str,
    probe: Callable[[], T | None],
    *,
    seconds: float = PATIENCE,
    where: str = "",
    remedy: str = "",
    pause: float = PAUSE,
    longest: float = LONGEST,
    at_once: bool = True,
) -> T:
    """Call ``probe`` until it returns something true, and return that; raises CheckTimedOut at the deadline.

    A probe returns None or raises NotYet until then.  The seconds are those of a usual machine.
    ``wait_for`` with another verdict: here it is the box that was too slow, not the harness.  Times are its.
    """
    try:
        return wait_for(
            what, probe, longer(seconds), where=where, pause=pause, longest=longest, at_once=at_once
        )
    except WaitError as error:
        raise CheckTimedOut(error.what, where=where, why=error.why, remedy=remedy) from None


def in_seconds(
    what: str,
    probe: Callable[[], T | None],
    *,
    seconds: float = PATIENCE,
    where: str = "",
    remedy: str = "",
    pause: float = SELDOM,
) -> T:
    """``eventually`` for what takes some seconds in any case, and where to look costs a TLS connection.

    What is waited for needs the processor more than whoever looks.
    """
    return eventually(
        what, probe, seconds=seconds, where=where, remedy=remedy, pause=pause, longest=RAREST, at_once=False
    )
