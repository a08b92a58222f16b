"""How fast a processor is, in the units that GLUE has for it: SPECint2000 and SPECfp2000, estimated.

SPEC's own suites are licensed and take hours.  What is published is measured all the same: the CE times a
fixed piece of work and compares it with a processor whose figures are known.  That one is a core of an EPYC
at 2.0 GHz, with 10 HEP-SPEC06; at 4 HEP-SPEC06 to 1000 SPECint2000, WLCG's rate, it has 2500.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

REFERENCE = 2500
"""SPECint2000, and SPECfp2000, of the processor that does the work in the seconds below."""
INTEGER_SECONDS, FLOATING_SECONDS = 0.00170, 0.00086
"""Of its time for the work, as measured there with Debian 13's Python 3.13."""
ROUNDS = 5
"""The fastest counts: what else the machine does only slows the others."""
STEPS = 10_000


class Figures(NamedTuple):
    """Positive whole numbers, since jobs divide by them."""

    si00: int
    sf00: int


_figures: list[Figures] = []


def figures() -> Figures:
    """Measured once: it takes some 13 ms of one processor, while somebody waits for the records."""
    if not _figures:
        _figures.append(figures_of(_fastest(_integers), _fastest(_floats)))
    return _figures[0]


def figures_of(integer_seconds: float, floating_seconds: float) -> Figures:
    """The figures of a processor that does the work in so many seconds of its time."""
    return Figures(
        *(
            max(1, round(REFERENCE * reference / seconds))
            for reference, seconds in (
                (INTEGER_SECONDS, integer_seconds),
                (FLOATING_SECONDS, floating_seconds),
            )
        )
    )


def _fastest(work: Callable[[], object]) -> float:
    """Seconds of processor time, so that waiting for a turn does not count."""
    taken = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return max(min(taken), 1e-6)


def _integers() -> int:
    value = 1
    for step in range(STEPS):
        value = (value * 1103515245 + step) & 0x7FFFFFFF
    return value


def _floats() -> float:
    value = 1.0
    for step in range(1, STEPS):
        value = value * 0.999 + 1.0 / step
    return value
