"""Checks on a box with a fault in it: which of them fail, of those that no fault has turned red so far."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from harness.box.box import Box
from harness.diagnosis.finding import Finding
from harness.drill.trial import Result
from harness.errors import HarnessError
from harness.report.rundir import RunDir
from harness.report.verdict import CheckResult, Outcome, Verdict
from harness.state import checkout

LONGEST = 900.0
"""Seconds that a run may take, whatever is broken."""
TRIES = 8
"""Faults beneath a check that it may pass with: then no other is tried, and the drill says so."""
NOT = "not alone"
"""Checks that stop or move the box would take the fault out first."""


class Checks:
    """The checks of one drill; each is done until a fault has turned it red."""

    def __init__(self, results: Path, held: Iterable[Result] = ()) -> None:
        """``held`` are the results that there are already, and ``results`` is where runs go."""
        self._results = results
        self._red = {check for each in held for check in each.checks}
        self._tried: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._there: tuple[CheckResult, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """All that there are; empty before they were done on a sound box."""
        return frozenset(check.id for check in self._there)

    def learn(self, box: Box) -> None:
        """Do all of them on a sound box, once: what is red there proves nothing of a fault.

        Raises HarnessError if one is.
        """
        with self._lock:
            if not self._there:
                self._there = self._sound(box)

    def _sound(self, box: Box) -> tuple[CheckResult, ...]:
        before = RunDir(self._results / "sound").verdict_json
        verdict = (
            Verdict.from_json(before.read_text(encoding="utf-8"))
            if before.exists()
            else run(box.name, self._results / "sound")
        )
        red = [check.id for check in verdict.checks if check.outcome is not Outcome.PASSED]
        if red:
            before.unlink()
            raise HarnessError(
                f"{', '.join(red)}: not passed on a box without a fault, so no fault could be told by it",
                where=f"box {box.name}",
                remedy=f"see {before.parent}",
            )
        return verdict.checks

    def red(self, box: Box, found: Iterable[Finding], number: int) -> tuple[str, ...]:
        """Ids of the checks that fail, of those that rest on what was found; the number is the trial's."""
        chosen = self._chosen({word for each in found for word in each.words})
        if not chosen:
            return ()
        verdict = run(box.name, self._results / str(number), f"--again={','.join(chosen)}")
        failed = tuple(check.id for check in verdict.checks if check.outcome is Outcome.FAILED)
        with self._lock:
            self._red |= set(failed)
        return failed

    def _chosen(self, words: set[str]) -> tuple[str, ...]:
        with self._lock:
            chosen = tuple(
                check.id
                for check in self._there
                if words & set(check.needs) and check.id not in self._red and self._tried[check.id] < TRIES
            )
            self._tried.update(chosen)
            return chosen


def run(box: str, results: Path, *words: str) -> Verdict:
    """Have pytest do checks on a box that is up, whatever is broken beneath them; ``words`` choose.

    Raises HarnessError.
    """
    found = RunDir(results)
    typed = [sys.executable, "-m", "pytest", "tests/acceptance", "-q", "-p", "no:cacheprovider"]
    typed += [f"--box={box}", f"--run-dir={results}", "--regardless", "-m", NOT, *words]
    # It is no worker of a pytest-xdist that holds drills side by side.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    try:
        done = subprocess.run(
            typed,
            cwd=checkout(),
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired as late:
        raise HarnessError(f"the checks took more than {LONGEST:.0f} s", where=f"box {box}") from late
    if not found.verdict_json.exists():
        said = (done.stdout[-2000:] + done.stderr[-1000:]).strip()
        raise HarnessError("the checks ended without a verdict", where=f"box {box}", why=said)
    return Verdict.from_json(found.verdict_json.read_text(encoding="utf-8"))
