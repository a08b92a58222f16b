"""A drill on disk: its plan, and each result as soon as it is there, so that another can go on with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import durable
from harness.drill.matrix import SCHEMA, Matrix
from harness.drill.plan import Plan, Trial
from harness.drill.trial import Result
from harness.errors import InputError, shortened
from harness.faults.registry import named

FILE = "drill.json"
LONGEST = 1 << 26
"""Bytes of such a file: one of ten thousand trials has a tenth of that."""


@dataclass
class Record:
    """One drill: its plan, and what was held of it so far."""

    directory: Path
    plan: Plan
    mode: str
    seed: int | None = None
    held: dict[int, Result] = field(default_factory=dict)
    """By the numbers of their trials."""

    @property
    def left(self) -> Mapping[int, Trial]:
        """Trials that have no result."""
        return {number: trial for number, trial in enumerate(self.plan.trials) if number not in self.held}

    def add(self, number: int, result: Result) -> None:
        """Keep a result, whatever happens to this process next."""
        self.held[number] = result
        self.write()

    def matrix(self, expected: frozenset[str] = frozenset()) -> Matrix:
        """What was held; ``expected`` is what some fault has to break."""
        results = tuple(self.held[number] for number in sorted(self.held))
        return Matrix(results, self.mode, self.seed, expected, left=len(self.left))

    def write(self, expected: frozenset[str] = frozenset()) -> str:
        """Write ``drill.json``, and return its text."""
        numbered = zip(sorted(self.held), self.matrix(expected).to_json()["results"], strict=True)
        planned = {
            "whole": self.plan.whole,
            "planned": [[fault.name for fault in trial] for trial in self.plan.trials],
            "results": [{"trial": number, **result} for number, result in numbered],
        }
        text = json.dumps(self.matrix(expected).to_json() | planned, indent=1, ensure_ascii=False) + "\n"
        durable.write(self.directory / FILE, text)
        return text

    @classmethod
    def read(cls, directory: Path) -> Record:
        """What a drill left there; trials that could not be held are to be held again.

        Raises InputError if there is no such thing.
        """
        file = directory / FILE
        try:
            if file.stat().st_size > LONGEST:
                raise ValueError(f"it is longer than {LONGEST} bytes")
            return cls._of(directory, json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise InputError(
                "there is no drill to go on with",
                where=shortened(str(file)),
                why=(error.strerror if isinstance(error, OSError) else "") or shortened(str(error)),
                remedy="name the directory of one with --resume DIR, or begin another: ./icebox drill",
            ) from error

    @classmethod
    def _of(cls, directory: Path, content: dict[str, Any]) -> Record:
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema {content['schema']!r}, not {SCHEMA}")
        trials = tuple(tuple(named(str(name)) for name in names) for names in content["planned"])
        results = {int(item["trial"]): Result.of(item) for item in content["results"]}
        held = {number: each for number, each in results.items() if not each.trouble}
        if any(not 0 <= number < len(trials) for number in held):
            raise ValueError("a result of a trial that was not planned")
        return cls(directory, Plan(trials, bool(content["whole"])), content["mode"], content["seed"], held)
