"""One trial: faults are put into a sound box, it is looked at, mended as told, and made sound again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from harness.box.box import Box
from harness.deadline import Deadline, wait_for
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.finding import Finding, Findings
from harness.drill import remedy
from harness.drill.score import score, wanted
from harness.errors import IceboxError, WaitError
from harness.faults import standing
from harness.faults.fault import Fault
from harness.site import Site

SEEN = 25.0
"""Seconds until a fault must have been found: the batch system takes fifteen to miss a WN."""
QUIET = 4.0
"""Seconds for which noise is looked at."""
MENDED = 30.0
"""Seconds for a box to be sound after what its finding said was done."""
SOUND = 60.0
"""The same after a fault was taken out."""
PAUSE = 0.3
TWICE = 2
"""Looks in a row without a finding: what crashes or is slow works for a moment after it was restarted."""

SHARED = {"hostdisk"}
"""Links of the machine that hosts the box: no fault of ours is in them."""

Look = Callable[[Box], Findings]
Red = Callable[[Box], tuple[str, ...]]
"""Runs all checks; the ids of those that do not pass."""


@dataclass(frozen=True)
class Named:
    """A finding, as the matrix keeps it."""

    id: str
    what: str
    degraded: bool = False


@dataclass(frozen=True)
class Result:
    """What became of one trial."""

    faults: tuple[str, ...]
    wanted: tuple[str, ...]
    """Ids of the findings that must come."""
    named: tuple[Named, ...] = ()
    """What was found."""
    seconds: float = 0.0
    """From the fault's being in until all was found, or nothing more was awaited."""
    mended: bool | None = None
    """Whether what was printed mends it; None if there was nothing to follow."""
    typed: tuple[str, ...] = ()
    """What was typed for that."""
    sound: bool = True
    """Whether the box was good again once the fault was taken out."""
    checks: tuple[str, ...] = field(default=())
    """Ids of the checks that did not pass; only where they were run."""
    trouble: str = ""
    """Why the trial could not be held."""

    @property
    def score(self) -> float:
        return 0.0 if self.trouble else score(self.wanted, [each.id for each in self.named])

    @property
    def passed(self) -> bool:
        return self.score == 1.0 and self.sound


def hold(
    box: Box,
    faults: tuple[Fault, ...],
    look: Look = diagnose,
    red: Red | None = None,
) -> Result:
    """Hold one trial on a box that is sound; what can't be done becomes its ``trouble``.

    ``red`` says which checks don't pass, if they are to be run as well.
    """
    names = tuple(fault.name for fault in faults)
    causes = wanted(faults, box.site)
    try:
        with ExitStack() as stack:
            for fault in faults:
                stack.enter_context(standing.within(box, fault))
            started = time.monotonic()
            found = _found(box, causes, look)
            seconds = time.monotonic() - started
            checks = red(box) if red else ()
            mended, typed = _mended(box, found, causes, look)
        return Result(
            faults=names,
            wanted=tuple(sorted(causes)),
            named=tuple(Named(each.id, each.what, each.degraded) for each in found),
            seconds=round(seconds, 1),
            mended=mended,
            typed=typed,
            checks=checks,
            sound=is_sound(box, SOUND, look, without=causes),
        )
    except IceboxError as error:
        return trouble(faults, box.site, error)


def trouble(faults: tuple[Fault, ...], site: Site, error: Exception) -> Result:
    """Of a trial that could not be held."""
    names = tuple(fault.name for fault in faults)
    return Result(names, tuple(sorted(wanted(faults, site))), trouble=str(error), sound=False)


def is_sound(
    box: Box,
    seconds: float,
    look: Look = diagnose,
    *,
    looks: int = 1,
    without: frozenset[str] = frozenset(),
) -> bool:
    """Whether nothing in a box is broken, within so many seconds; by several ``looks`` in a row.

    Of what is only degraded, as the machine's own disk may be, the ids in ``without`` count.
    """

    def quiet() -> bool:
        return all(_is_quiet(look(box), without) for _ in range(looks))

    try:
        wait_for("a box in which nothing is broken", quiet, seconds, pause=PAUSE)
    except WaitError:
        return False
    return True


def _is_quiet(found: Findings, without: frozenset[str]) -> bool:
    return not found.broken and not any(each.id in without for each in found.degraded)


def _found(box: Box, causes: frozenset[str], look: Look) -> tuple[Finding, ...]:
    """The findings once all causes are among them, and two looks say the same; or the last ones in time."""
    deadline = Deadline(SEEN if causes else QUIET)
    before: set[str] | None = None
    while True:
        found = tuple(each for each in look(box) if each.link not in SHARED)
        ids = {each.id for each in found}
        if causes and causes <= ids and ids == before:
            return found
        if (not causes and ids) or deadline.expired:
            return found
        before = ids
        time.sleep(PAUSE)


def _mended(
    box: Box, found: tuple[Finding, ...], causes: frozenset[str], look: Look
) -> tuple[bool | None, tuple[str, ...]]:
    """Do what the findings of the causes say: whether the box is sound then, and what was typed."""
    typed = tuple(line for each in found if each.id in causes for line in remedy.follow(each, box))
    if not typed:
        return None, ()
    mended = is_sound(box, MENDED, look, looks=TWICE, without=causes)
    return mended, tuple(f"{each.place}: {each.line}" for each in typed)
