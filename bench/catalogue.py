"""Storing a file under a name of the catalogue against copying it to the same SE.

Counted above the line: ``lcg-cr`` to the SE with a new LFN.  Counted below: ``globus-url-copy`` of the same
file to a new file of the same SE.  Both are typed on the UI by the same student, by turns; what was stored
is removed after each, which is not counted.
"""

from functools import partial

from bench import desk
from bench.desk import Desk
from bench.figure import Figure, ratios
from bench.sampling import by_turns
from bench.session import Bench, Session
from harness.box.box import Box
from harness.grid.storage import gsiftp

LIMIT = 1.0
"""Seconds for a small file."""
SMALL, LARGE = 10**3, 10**8
SMALL_TURNS, LARGE_TURNS = 10, 2
"""Files of each size on each side, for each run."""


def measure(session: Session) -> list[Figure]:
    """One fresh box: 1 KB, then 100 MB."""
    with session.box() as (box, _), desk.student(box) as student:
        small, small_plain = _stored(box, student, SMALL, SMALL_TURNS * session.runs)
        large, large_plain = _stored(box, student, LARGE, LARGE_TURNS * session.runs)
    return [
        Figure("catalogue.small-seconds", "lcg-cr of 1 KB", "s", tuple(small), LIMIT),
        Figure("catalogue.small-plain-seconds", "globus-url-copy of 1 KB", "s", tuple(small_plain)),
        Figure(
            "catalogue.small-ratio", "lcg-cr of 1 KB ÷ globus-url-copy", "ratio", ratios(small, small_plain)
        ),
        Figure("catalogue.large-seconds", "lcg-cr of 100 MB", "s", tuple(large)),
        Figure("catalogue.large-plain-seconds", "globus-url-copy of 100 MB", "s", tuple(large_plain)),
        Figure(
            "catalogue.large-ratio", "lcg-cr of 100 MB ÷ globus-url-copy", "ratio", ratios(large, large_plain)
        ),
    ]


def _stored(box: Box, student: Desk, size: int, turns: int) -> list[list[float]]:
    """Seconds that each side took for a file of ``size`` bytes."""
    site, path = box.site, f"{student.directory}/file"
    student.do(f"head -c {size} /dev/urandom > file")
    lfn, url = f"lfn:/grid/{site.vo}/bench", gsiftp(site.se.fqdn, f"{site.storage}/bench")
    create = f"lcg-cr --vo {site.vo} -d {site.se.fqdn} -l {lfn} file:{path}"
    copy = f"globus-url-copy file:{path} {url}"
    remove, remove_copy = f"lcg-del -a --vo {site.vo} {lfn}", f"edg-gridftp-rm {url}"
    sides = [partial(_once, student, create, remove), partial(_once, student, copy, remove_copy)]
    by_turns(1, sides)  # the first makes the directory of the day on the SE
    return by_turns(turns, sides)


def _once(student: Desk, line: str, undo: str) -> float:
    """Seconds of ``line`` alone."""
    seconds = student.do(line)
    student.do(undo)
    return seconds


BENCH = Bench("catalogue", "lcg-cr against globus-url-copy", measure)
