"""What user namespaces cost: start and memory of a box with them, over one without, by turns."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench import processes, usage
from bench.figure import Figure, ratios
from bench.memory import SETTLING
from bench.session import Bench, Session
from harness.virt.kinds import lxc

LIMIT = 1.05


@contextmanager
def without() -> Iterator[None]:
    """Boxes that this process starts have the host's numbers."""
    lxc.Lxc.MAPS = False
    try:
        yield
    finally:
        lxc.Lxc.MAPS = True


def look(session: Session) -> tuple[float, float]:
    """Of a fresh box: seconds of processor time until all ports answer, and bytes once it is idle."""
    with session.box() as (box, _):
        seconds = usage.used(usage.group(box.dom0.partition))
        time.sleep(SETTLING)
        return seconds, sum(processes.memory(box).values())


def measure(session: Session) -> list[Figure]:
    """Pairs of boxes, one of each kind."""
    mapped, plain = [], []
    for _ in range(session.runs):
        mapped.append(look(session))
        with without():
            plain.append(look(session))
    rows = (("start", "processor time until all ports answer"), ("memory", "memory (PSS)"))
    return [
        Figure(
            f"walls.{name}",
            f"{title} with user namespaces ÷ without",
            "ratio",
            ratios([each[at] for each in mapped], [each[at] for each in plain]),
            LIMIT,
        )
        for at, (name, title) in enumerate(rows)
    ]


BENCH = Bench("walls", "user namespaces: start and memory with them over without", measure)
