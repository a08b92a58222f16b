"""A fault put into a box, and the way from what its check prints back to a box that is sound."""

from dataclasses import dataclass

from harness.faults import registry, steps
from harness.report.verdict import Outcome

Line = tuple[str, str]
"""A place (``ce``, ``outside``, ``dom0``, ``console ui`` …) and a line typed there as root."""
RESTART: Line = ("host", "./icebox stop and start")
"""The whole box is stopped and started."""
FAULT = "fault"
"""A fault of the catalogue, named by the line; it is taken out when the drill is over."""
GRID = "/etc/grid-security"
HERE = "here"
"""The machine that has the box: a line is typed in the checkout, and means the box of the drills."""


@dataclass(frozen=True)
class Drill:
    """A fault, and the way from the check that tells of it to a box that is sound again."""

    name: str
    check: str
    select: str
    """pytest's ``-k`` for the part of the check that shows it."""
    breaks: tuple[Line, ...]
    says: str
    """A regular expression for the message."""
    remedy: str
    """Whole parts of the remedy, with semicolons between them: the check prints each.  ``…`` is any words."""
    mends: tuple[Line, ...]
    looks: tuple[tuple[str, str, str], ...] = ()
    """A place, a command that the remedy prints, and words that its output has while the fault is there."""
    outcome: Outcome = Outcome.FAILED
    """What the check is while the fault is there; unknown, if it keeps the harness from seeing anything."""
    quick: bool = False
    """Part of the integration tests."""

    def __str__(self) -> str:
        return f"{self.check} {self.name}"


def service(
    check: str,
    select: str,
    place: str,
    unit: str,
    says: str,
    remedy: str,
    mend: str,
    look: str = "",
    until: tuple[Line, ...] = (),
) -> Drill:
    """A service that is stopped, and started again; ``until`` are lines that wait until it is missed."""
    looks = ((place, look, "inactive"),) if look else ()
    return Drill(
        f"{unit} stopped on {place}",
        check,
        select,
        (stopped(place, unit), *until),
        says,
        remedy,
        ((place, mend),),
        looks,
    )


def stopped(place: str, units: str) -> Line:
    """The fault that is these units stopped there."""
    wanted = (steps.stopped(place, *units.replace("gilda", "$vo").split()),)
    return FAULT, next(fault.name for fault in registry.catalogue() if fault.steps == wanted)


def restored(
    check: str, select: str, place: str, breaks: str, says: str, remedy: str, paths: str, after: str = ""
) -> Drill:
    """Files that are changed, by a line or by a fault of that name, and put back from the image.

    ``after`` is typed on the node then.
    """
    line: Line = (FAULT, breaks) if registry.find(breaks) else (place, breaks)
    mends: tuple[Line, ...] = ((HERE, f"./icebox restore {place} {paths}"),)
    if after:
        mends = (*mends, (place, after))
    return Drill(f"{paths.split()[0]} changed on {place}", check, select, (line,), says, remedy, mends)


def filled(check: str, select: str, place: str, path: str, fault: str, says: str, remedy: str) -> Drill:
    """A directory on a full disk, in which somebody makes room."""
    mend = (place, f"rm {path}/.filler")
    return Drill(f"{path} on {place} full", check, select, ((FAULT, fault),), says, remedy, (mend,))
