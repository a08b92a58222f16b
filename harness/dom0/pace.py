"""How fast a place is: by itself, as an emulated one is slow for good, and now, as a busy one is for a while.

Deadlines are made for usual machines, busy ones among them.  At a place that is slower by itself each lasts
longer by the place's pace.
"""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

from harness import state
from harness.dom0.place import PYTHON, Place

IDLE = 0.01
"""Seconds that a small program takes on an idle machine of 2024."""
LOOKS = 3
"""Times that it is run: one may have had bad luck, or good."""
USUAL = 4.0
"""By which factor a usual machine may be slower than an idle one of 2024: deadlines reckon with that."""
WORK = f"""\
import os, resource
def used():
    mine, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + others.ru_utime + others.ru_stime
took = []
for _ in range({LOOKS}):
    begun = used()
    for _ in range(5):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {{}}), 0)
    sum(number * number for number in range(20000))
    took.append(used() - begun)
print(min(took))
"""
"""Typed there: the seconds of a processor that a small piece of work takes.  Programs are begun in it, which
is what emulation makes slower than all else."""
WORK_IDLE = 0.0032
"""The same on an idle machine of 2024; 0.0036 at most on one with a load of five for each processor."""
HARD = 0.1
WORKING = "import time\nwhile time.process_time() < {}: pass"
"""Work that takes so many seconds of a processor, be it slow or quick."""
MOST = 30.0
"""What is slower than that is given no more time: what is stuck is to be found out, too."""
LONGEST = 300.0
"""Seconds for the measurement: nobody knows yet how long one there may take."""
NOTE = "pace"
"""A file in a box's directory on this machine; made anew when the box comes up."""


def measured(place: Place) -> float | None:
    """By which factor deadlines at ``place`` have to be longer: 1 for any usual machine, however busy.

    A busy machine takes longer for the work, and no more of its processor; an emulated one takes more.
    None if the work could not be done.
    """
    code, out, _ = place.ended([PYTHON, "-I", "-S", "-c", WORK], b"", LONGEST)
    with contextlib.suppress(ValueError):
        return round(min(MOST, max(1.0, float(out) / (WORK_IDLE * USUAL))), 2) if code == 0 else None
    return None


def of_box(box: str, place: Place) -> float:
    """That of a box's dom0 as it was measured when the box came up; measured now, if nobody has."""
    known = noted(box)
    if known is None and _file(box).parent.is_dir() and (known := measured(place)):
        note(box, known)
    return known or 1.0


def noted(box: str) -> float | None:
    """What was measured of a box's dom0."""
    with contextlib.suppress(OSError, ValueError):
        return min(MOST, max(1.0, float(_file(box).read_text())))
    return None


def note(box: str, pace: float) -> None:
    """Keep it for all processes."""
    with contextlib.suppress(OSError):
        _file(box).write_text(f"{pace:.2f}\n")


def forget(box: str) -> None:
    """Have it measured anew: the box is to come up, perhaps elsewhere."""
    _file(box).unlink(missing_ok=True)


def _file(box: str) -> Path:
    return state.box_dir(box) / NOTE


def slowness(place: Place) -> float:
    """By which factor ``place`` is slower now than by itself: one that is busy, or far away."""
    seconds = sorted(place.run([PYTHON, "-I", "-S", "-c", "pass"]).seconds for _ in range(LOOKS))
    own = IDLE * (USUAL * place.pace if place.pace > 1.0 else 1.0)
    return max(1.0, seconds[LOOKS // 2] / own)


def of_emulation(slower: float) -> float:
    """The pace of machines that boot ``slower`` by a factor than an idle one of 2024."""
    return min(MOST, max(1.0, slower / USUAL))


def worked(place: Place, pace: float, most: float) -> float:
    """Seconds that ``place`` takes now for work of ``pace`` times ``HARD`` seconds of a processor.

    Without end if it is not done in ``most`` seconds of a usual machine, or not at all: nobody is slow by
    such a place.
    """
    done = place.run([PYTHON, "-I", "-S", "-c", WORKING.format(HARD * pace)], timeout=most)
    return done.seconds if done.ok else math.inf
