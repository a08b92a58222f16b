"""All checks, on a box with a fault in it: which of them do not pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from harness.box.box import Box
from harness.errors import HarnessError
from harness.report.rundir import RunDir
from harness.report.verdict import Outcome, Verdict
from harness.state import checkout

ID = re.compile(r"pytest\.mark\.check\(\s*\"([A-Z]+-\d+)\"")
LONGEST = 900.0
"""Seconds that a run may take, whatever is broken."""


def run(box: str, results: Path, *words: str) -> Verdict:
    """Have pytest run checks on a box that is up; ``words`` choose them.  Raises HarnessError."""
    found = RunDir(results)
    typed = [sys.executable, "-m", "pytest", "tests/acceptance", "-q", "-p", "no:cacheprovider"]
    typed += [f"--box={box}", f"--run-dir={results}", *words]
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


def known() -> tuple[str, ...]:
    """Ids of all checks that a site of one CE and one SE has, read from their source."""
    text = "".join(file.read_text() for file in sorted((checkout() / "tests/acceptance").rglob("test_*.py")))
    return tuple(dict.fromkeys(ID.findall(text)))


def red(box: Box, results: Path) -> tuple[str, ...]:
    """Ids of the checks that fail, or are blocked."""
    verdict = run(box.name, results)
    return tuple(check.id for check in verdict.checks if check.outcome in (Outcome.FAILED, Outcome.BLOCKED))
