"""What a drill came to: the matrix of faults and findings, figures, and whether that is good enough."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from statistics import mean
from typing import Any

from harness.drill.trial import Result

SCHEMA = 1
LEAST, LEAST_OF_PAIRS, LEAST_MENDED = 0.95, 0.85, 0.9
"""Mean scores of single faults and of pairs, and the part of faults that their remedies must mend."""


@dataclass(frozen=True)
class Matrix:
    """All results of a drill."""

    results: tuple[Result, ...]
    mode: str = "diagnose"
    """What was looked with: ``diagnose``, or ``validate`` for all checks as well."""
    seed: int | None = None
    expected: frozenset[str] = field(default_factory=frozenset)
    """What some fault has to break: links' names, or with ``validate`` ids of checks.  Empty if only some
    faults were tried."""

    left: int = 0
    """Trials that were not held: the drill was interrupted."""

    @cached_property
    def faults(self) -> tuple[Result, ...]:
        return tuple(each for each in self.results if each.wanted)

    @property
    def noises(self) -> tuple[Result, ...]:
        return tuple(each for each in self.results if not each.wanted)

    @property
    def missed(self) -> tuple[Result, ...]:
        """Trials in which a cause was not found."""
        return tuple(each for each in self.faults if each.score == 0.0)

    @property
    def heard(self) -> tuple[Result, ...]:
        """Noise of which something was made."""
        return tuple(each for each in self.noises if each.named or each.trouble)

    @property
    def unsound(self) -> tuple[Result, ...]:
        """Trials after which the box was not good again."""
        return tuple(each for each in self.results if not each.sound)

    @property
    def score(self) -> float:
        """The mean of all trials with a fault; 1 without any."""
        return mean(each.score for each in self.faults) if self.faults else 1.0

    @property
    def mended(self) -> float:
        """Of those found that had something to follow, the part that is mended by it; 1 without any."""
        tried = [each.mended for each in self.faults if each.mended is not None and each.score]
        return mean(map(float, tried)) if tried else 1.0

    @property
    def least(self) -> float:
        return LEAST_OF_PAIRS if any(len(each.faults) > 1 for each in self.faults) else LEAST

    @cached_property
    def unbroken(self) -> tuple[str, ...]:
        """What no fault breaks, of what is expected: nothing proves that it can be told."""
        hit = {name for each in self.faults for name in (*self.columns_of(each), *each.red)}
        return tuple(sorted(self.expected - hit))

    @property
    def passed(self) -> bool:
        """Whether the drill is as good as it has to be."""
        good = self.score >= self.least and self.mended >= LEAST_MENDED
        return good and not (self.missed or self.heard or self.unsound or self.unbroken or self.left)

    @property
    def columns(self) -> tuple[str, ...]:
        """Links, or checks, that some trial turned red."""
        found = dict.fromkeys(name for each in self.results for name in self.columns_of(each))
        return tuple(sorted(found)) if self.mode == "validate" else tuple(found)

    def columns_of(self, result: Result) -> Collection[str]:
        if self.mode == "validate":
            return result.checks
        return tuple(dict.fromkeys(each.id.partition("@")[0] for each in result.named))

    def summary(self) -> Mapping[str, object]:
        """The figures."""
        return {
            "passed": self.passed,
            "trials": len(self.faults),
            "found": len(self.faults) - len(self.missed),
            "score": round(self.score, 3),
            "mended": round(self.mended, 3),
            "noises": len(self.noises),
            "heard": len(self.heard),
            "unsound": len(self.unsound),
            "unbroken": list(self.unbroken),
            "left": self.left,
            "minutes": round(sum(each.took for each in self.results) / 60, 1),
            "load": round(mean(each.load for each in self.results), 1) if self.results else 0.0,
        }

    def to_json(self) -> dict[str, Any]:
        """What ``drill.json`` says of the results."""
        results = [asdict(each) | {"score": round(each.score, 3)} for each in self.results]
        head = {"schema": SCHEMA, "mode": self.mode, "seed": self.seed, "summary": self.summary()}
        return head | {"results": results}

    def table(self) -> str:
        """The matrix as lines of text, and what it comes to."""
        return "\n".join([*map(line, self.results), "", *self.words()])

    def words(self) -> list[str]:
        """What it comes to, in words."""
        found = len(self.faults) - len(self.missed)
        good = f"score {self.score:.2f} (at least {self.least}), mended as told {self.mended:.0%}"
        noise = f"of {len(self.noises)} noises {len(self.heard)} taken for faults"
        told = [f"{found} of {len(self.faults)} found, {good}; {noise}"]
        seen = self.summary()
        told += [
            f"{seen['minutes']} minutes of trials, at a load of {seen['load']}, {os.cpu_count()} processors"
        ]
        told += [f"not sound afterwards: {', '.join(map(_name, self.unsound))}"] if self.unsound else []
        what = "checks" if self.mode == "validate" else "links"
        told += [f"{what} that no fault turns red: {', '.join(self.unbroken)}"] if self.unbroken else []
        told += [f"{self.left} trials were not held: ./icebox drill --resume goes on"] if self.left else []
        return [*told, "The drill is passed." if self.passed else "The drill is not passed."]


def line(result: Result) -> str:
    """One trial in a line."""
    sign = "ok" if result.passed else "--"
    found = ", ".join(each.id for each in result.named) or "nothing"
    wanted = ", ".join(result.wanted) or "nothing"
    what = found if result.passed else f"{found}, not {wanted}"
    mended = {True: "mended", False: "not mended as told", None: ""}[result.mended]
    told = [f"{sign} {_name(result):<30} {result.score:4.2f} {result.seconds:5.1f} s  {what}", mended]
    told += ["" if result.sound else _unsound(result), result.trouble.partition("\n")[0]]
    return "; ".join(filter(None, told))


def _unsound(result: Result) -> str:
    return "not sound afterwards" + (f" ({', '.join(result.left)})" if result.left else "")


def _name(result: Result) -> str:
    return " + ".join(result.faults)
