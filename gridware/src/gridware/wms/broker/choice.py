"""Which of the CEs that fit gets the job."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from gridware.wms.matching import WORST, Match

Drawn = Callable[[], float]
"""A number from 0 up to, not including, 1."""


def best(found: Sequence[Match], fuzzy: bool, drawn: Drawn = random.random) -> Match:
    """One of the best by Rank; with FuzzyRank any, the better the likelier."""
    weights = _weights(found) if fuzzy else _tops(found)
    left = drawn() * sum(weights)
    for match, weight in zip(found, weights, strict=True):
        left -= weight
        if left < 0:
            return match
    return max(found, key=lambda match: match.rank)


def _tops(found: Sequence[Match]) -> list[float]:
    top = max(match.rank for match in found)
    return [float(match.rank == top) for match in found]


def _weights(found: Sequence[Match]) -> list[float]:
    """gLite's chances (stochasticRankSelector): atan of the distance from the mean, moved above zero."""
    ranked = [match.rank for match in found if match.rank != WORST]
    if not ranked:
        return [1.0] * len(found)
    mean = sum(ranked) / len(ranked)
    return [math.atan(match.rank - mean) + math.pi / 2 if match.rank != WORST else 0.0 for match in found]
