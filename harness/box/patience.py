"""How long a box is waited for: longer where a small program takes longer than on an idle machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MOST = 3600.0
"""Seconds after which nobody believes that it is for want of speed."""

ANSWERING, ANSWERING_IDLE = 20.0, 0.2
"""Seconds that a service gets for its answer: at most, and of an idle machine (it takes milliseconds)."""


def answering(factor: float, least: float) -> float:
    """Seconds that a service gets for its answer where all is slower by ``factor``; ``least`` in any case.

    One that is asked anew before it could answer is kept from it by that.
    """
    return max(least, min(ANSWERING, ANSWERING_IDLE * factor))


@dataclass(frozen=True)
class Patience:
    """Seconds that something may take: ``least`` in any case, and ``idle``, those of an idle machine, by the
    factor that ``slowness`` gives, which is asked no sooner than it matters."""

    least: float
    idle: float
    slowness: Callable[[], float]

    def is_over(self, passed: float) -> bool:
        """Whether so many seconds are too many."""
        return passed >= self.least and passed >= min(MOST, self.idle * self.slowness())
