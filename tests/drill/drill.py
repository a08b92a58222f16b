"""A fault put into a box, and the way from what its check prints back to a box that is sound."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.verdict import Outcome

Line = tuple[str, str]
"""A place (``ce``, ``outside``, ``dom0``, ``console ui`` …) and a line typed there as root."""
RESTART: Line = ("host", "./icebox stop and start")
"""The whole box is stopped and started."""
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
    check: str, select: str, place: str, unit: str, says: str, remedy: str, mend: str, look: str = ""
) -> Drill:
    """A service that is stopped, and started again."""
    looks = ((place, look, "inactive"),) if look else ()
    stop = (place, f"systemctl stop {unit}")
    return Drill(f"{unit} stopped on {place}", check, select, (stop,), says, remedy, ((place, mend),), looks)


def moved(
    check: str, select: str, place: str, path: str, says: str, remedy: str, after: str = "true"
) -> Drill:
    """A file or directory that is gone, and is put back; ``after`` is typed after either."""
    away = f"/root/{path.strip('/').replace('/', '-')}.away"
    out, back = f"mv {path} {away} && {after}", f"mv {away} {path} && {after}"
    return Drill(f"no {path} on {place}", check, select, ((place, out),), says, remedy, ((place, back),))


def restored(
    check: str, select: str, place: str, breaks: str, says: str, remedy: str, paths: str, after: str = ""
) -> Drill:
    """Files that are changed, and put back from the image; ``after`` is typed on the node then."""
    mends: tuple[Line, ...] = ((HERE, f"./icebox restore {place} {paths}"),)
    if after:
        mends = (*mends, (place, after))
    return Drill(
        f"{paths.split()[0]} changed on {place}", check, select, ((place, breaks),), says, remedy, mends
    )


def filled(check: str, select: str, place: str, path: str, mode: str, says: str, remedy: str) -> Drill:
    """A directory on a full disk: a small one in memory, mounted over it."""
    owners = f"uid=$(stat -c %u {path}),gid=$(stat -c %g {path})"
    mount = f"mount -t tmpfs -o size=64k,mode={mode},{owners} full {path}"
    breaks = ((place, mount), (place, f"! head -c 100000 /dev/zero > {path}/filler"))
    return Drill(f"{path} on {place} full", check, select, breaks, says, remedy, ((place, f"umount {path}"),))
