"""One figure of a benchmark: its samples, what they come to, and the limit it has to keep."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Samples of one quantity, smaller is better.

    ``unit`` is ``ratio``, ``share`` (of a whole), ``s``, ``ms`` or ``MB`` (10^6 bytes).  A ``limit`` must be
    kept, an ``aim`` is wished for.  The median is what is held against either.
    """

    id: str
    title: str
    unit: str
    samples: tuple[float, ...]
    limit: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def bound(self) -> float | None:
        """Limit or aim, whichever it has."""
        return self.limit if self.limit is not None else self.aim

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None without one."""
        return None if self.bound is None else self.median <= self.bound

    def to_json(self) -> dict[str, Any]:
        """The figure as it stands in the results file, rounded to four digits that count."""
        content: dict[str, Any] = {"id": self.id, "title": self.title, "unit": self.unit}
        content["median"] = rounded(self.median)
        content["min"], content["max"] = rounded(min(self.samples)), rounded(max(self.samples))
        content["runs"] = len(self.samples)
        for key, value in (("limit", self.limit), ("aim", self.aim), ("met", self.met)):
            if value is not None:
                content[key] = value
        return content | ({"note": self.note} if self.note else {})


def rounded(value: float) -> float:
    """``value`` with four digits that count."""
    return float(f"{value:.4g}")


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, ...]:
    """Pair by pair, as they were measured one after the other."""
    return tuple(above / below for above, below in zip(numerators, denominators, strict=True))
