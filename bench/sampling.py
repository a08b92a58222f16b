"""Measuring by turns, so that whatever else the machine does falls on all sides alike."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def seconds(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def by_turns(runs: int, sides: Sequence[Callable[[], T]]) -> list[list[T]]:
    """Call each side ``runs`` times, A B A B …; returns the results of each side."""
    results: list[list[T]] = [[] for _ in sides]
    for _ in range(runs):
        for found, side in zip(results, sides, strict=True):
            found.append(side())
    return results
