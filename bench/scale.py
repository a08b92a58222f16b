"""Several boxes at once, and boxes with several WNs: time and memory.

Each box is brought up by a process of its own, all at the same moment; the time is that until the last is
ready.  One measurement for each size: what is looked for is how things grow.
"""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from bench import held
from bench.figure import Figure
from bench.session import Bench, Session
from harness.errors import HarnessError
from harness.site import Role
from harness.sitefile import load

BOXES = (1, 2, 4, 8)
WNS = (1, 4, 16)
SETTLING = 5.0


def measure_boxes(session: Session) -> list[Figure]:
    """1, 2, 4 and 8 boxes of the default site."""
    figures: list[Figure] = []
    for count in BOXES:
        with session.console.stage(f"{count} box(es) at once"):
            load_ = held.bring_up(count, session.site_file, SETTLING)
        figures += _figures(f"boxes.{count}", f"{count} box" + "es" * (count > 1), load_)
    return figures


def measure_wns(session: Session) -> list[Figure]:
    """A box with 1, 4 and 16 WNs."""
    figures: list[Figure] = []
    for count in WNS:
        with session.console.stage(f"{count} WN(s)"):
            load_ = held.bring_up(1, with_wns(session, count), SETTLING)
        figures += _figures(f"wns.{count}", f"{count} WN" + "s" * (count > 1), load_)
    return figures


def with_wns(session: Session, count: int) -> Path:
    """A copy of the site file with ``count`` WNs, and of its port table."""
    directory = session.directory()
    site = load(session.site_file)
    shutil.copy(site.ports.path, directory / site.port_table_name)
    text = session.site_file.read_text(encoding="utf-8")
    copy = directory / "icebox.toml"
    copy.write_text(re.sub(r"(?ms)^(\[wn\]\n.*?^count = )\d+", rf"\g<1>{count}", text), encoding="utf-8")
    if len(load(copy).of(Role.WN)) != count:
        raise HarnessError("the number of WNs could not be set", where=str(session.site_file))
    return copy


def _figures(id: str, title: str, found: held.Load) -> Iterable[Figure]:  # noqa: A002
    cores = os.cpu_count() or 1
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in found.slowest_stages.items())
    yield Figure(f"{id}.seconds", f"{title}: until all are ready", "s", (found.seconds,), note=stages)
    used = found.cpu_seconds / (found.seconds * cores)
    yield Figure(f"{id}.cpu", f"{title}: share of all cores in use meanwhile", "share", (used,))
    yield Figure(f"{id}.pss", f"{title}: memory (PSS)", "MB", (found.memory / 1e6,))
    yield Figure(f"{id}.taken", f"{title}: available memory taken", "MB", (found.consumed / 1e6,))


BENCH_BOXES = Bench("boxes", "1, 2, 4 and 8 boxes at once", measure_boxes)
BENCH_WNS = Bench("wns", "a box with 1, 4 and 16 WNs", measure_wns)
