"""One trial: faults are put into a sound box, it is looked at, mended as told, and made sound again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from typing import Any

from harness.box.box import Box
from harness.deadline import Deadline, pauses
from harness.diagnosis.diagnose import ails, diagnose
from harness.diagnosis.finding import Finding, Findings
from harness.drill import remedy
from harness.drill.score import score, wanted
from harness.errors import IceboxError
from harness.faults import standing
from harness.faults.fault import Fault
from harness.site import Site

SEEN = 25.0
"""Seconds until a fault must have been found: the batch system takes fifteen to miss a WN."""
QUIET = 4.0
"""Seconds for which noise is looked at."""
MENDED = 30.0
"""Seconds for a box to be sound after what its finding said was done."""
SAFE = 8.0
"""The same after what is safe was done, where it says more than that."""
SOUND = 60.0
"""The same after a fault was taken out."""
PAUSE, LONGEST = 0.3, 3.0
"""Seconds between two looks, at first and in the end: a look costs nearly four of a processor."""
LEAST = 3
"""Looks that there are in any case: on a machine that is busy, time alone says nothing."""

SHARED = {"hostdisk"}
"""Links of the machine that hosts the box: no fault of ours is in them."""

Look = Callable[[Box], Findings]
Glance = Callable[[Box, Collection[str]], bool]
"""Whether any of the links with these ids is not well now."""
Red = Callable[[Box, Collection[Finding]], tuple[str, ...]]
"""Does checks that rest on what was found; the ids of those that fail."""


LISTS = ("faults", "wanted", "typed", "checks", "left", "red")
"""Fields of a result that are lists of texts."""


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
    left: tuple[str, ...] = ()
    """Ids of what was still broken, if it was not."""
    checks: tuple[str, ...] = field(default=())
    """Ids of the checks that failed; only where they were done."""
    red: tuple[str, ...] = ()
    """Names of links that were broken, also by what is beneath them."""
    trouble: str = ""
    """Why the trial could not be held."""
    took: float = 0.0
    """Seconds of the whole trial, until the box was sound again."""
    load: float = 0.0
    """Processes that ran or waited for a processor of this machine, as its last minute had them."""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Result:
        """From what ``drill.json`` has of one; raises ValueError, LookupError or TypeError."""
        own = {each.name: item[each.name] for each in fields(cls) if each.name in item}
        lists = {name: tuple(map(str, item[name])) for name in LISTS if name in item}
        return cls(**own | lists | {"named": tuple(Named(**each) for each in item["named"])})

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
    glance: Glance = ails,
) -> Result:
    """Hold one trial on a box that is sound; what can't be done becomes its ``trouble``.

    ``red`` says which checks fail, if they are to be done as well.
    """
    names = tuple(fault.name for fault in faults)
    causes = wanted(faults, box.site)
    begun = time.monotonic()
    try:
        with ExitStack() as stack:
            for fault in faults:
                stack.enter_context(standing.within(box, fault))
            started = time.monotonic()
            found, broken = _found(box, causes, look)
            seconds = time.monotonic() - started
            checks = red(box, found) if red else ()
            mended, typed = _mended(box, found, causes, look, glance)
        still = left(box, SOUND, look, without=causes)
        return Result(
            faults=names,
            wanted=tuple(sorted(causes)),
            named=tuple(Named(each.id, each.what, each.degraded) for each in found),
            seconds=round(seconds, 1),
            mended=mended,
            typed=typed,
            checks=checks,
            red=broken,
            sound=not still,
            left=still,
            took=round(time.monotonic() - begun, 1),
            load=round(os.getloadavg()[0], 1),
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
    without: frozenset[str] = frozenset(),
    glance: Glance | None = None,
) -> bool:
    """Whether nothing in a box is broken, within so many seconds; as ``left`` has it."""
    return not left(box, seconds, look, without=without, glance=glance)


def left(
    box: Box,
    seconds: float,
    look: Look = diagnose,
    *,
    without: frozenset[str] = frozenset(),
    glance: Glance | None = None,
) -> tuple[str, ...]:
    """Ids of what is still broken in a box after so many seconds; none as soon as nothing is.

    Of what is only degraded, as the machine's own disk may be, the ids in ``without`` count.  With a
    ``glance`` they must be well before the look and after it, too: what crashes or is slow works for a moment
    after it was restarted.
    """
    found = tuple(sorted(without))
    for _ in _times(seconds * box.pace):
        if glance is not None and glance(box, without):
            continue
        found = _ailing(look(box), without)
        if not found and (glance is None or not glance(box, without)):
            return ()
        found = found or tuple(sorted(without))
    return found


def _ailing(found: Findings, without: frozenset[str]) -> tuple[str, ...]:
    degraded = (each for each in found.degraded if each.id in without)
    return tuple(each.id for each in (*found.broken, *degraded))


def _times(seconds: float) -> Iterator[None]:
    """When to look, ever more seldom: until so many seconds are over, and ``LEAST`` times in any case."""
    deadline = Deadline(seconds)
    for number, pause in enumerate(pauses(PAUSE, LONGEST), 1):
        last = deadline.expired and number >= LEAST
        yield
        if last:
            return
        time.sleep(min(pause, deadline.remaining))


def _found(box: Box, causes: frozenset[str], look: Look) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings once they are the causes and no others; else what two looks say that have the causes among
    others; or the last ones in time.

    With them, the names of all links that were broken.
    """
    found: tuple[Finding, ...] = ()
    before: set[str] | None = None
    red: set[str] = set()
    for _ in _times((SEEN if causes else QUIET) * box.pace):
        seen = look(box)
        red |= seen.red
        found = tuple(each for each in seen if each.link not in SHARED)
        ids = {each.id for each in found}
        if (causes and (ids == causes or causes <= ids == before)) or (not causes and ids):
            break
        before = ids
    return found, tuple(sorted(red))


def _mended(
    box: Box, found: tuple[Finding, ...], causes: frozenset[str], look: Look, glance: Glance
) -> tuple[bool | None, tuple[str, ...]]:
    """Do what the findings of the causes say: whether the box is sound then, and what was typed.

    What is safe comes first, and where that does not do, all that the remedies say.
    """
    ours = [each for each in found if each.id in causes]
    safe = tuple(line for each in ours for line in remedy.steps(each))
    more = tuple(line for each in ours for line in remedy.lines(each, box))
    more = more if set(more) - set(safe) else ()
    mended: bool | None = None
    typed: list[remedy.Typed] = []
    for lines, seconds in ((safe, SAFE if more else MENDED), (more, MENDED)):
        if lines and not mended:
            typed += remedy.follow(lines, box)
            mended = is_sound(box, seconds, look, without=causes, glance=glance)
    return mended, tuple(f"{each.place}: {each.line}" for each in typed)
