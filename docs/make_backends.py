"""Writes docs/back-ends.md from runs of ``./icebox validate`` on each of them.

    python -m docs.make_backends [RUN_DIR ...]

What is taken from the runs stands in docs/back-ends.json: a run takes the place of that of the same back end.
"""

import datetime
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docs.make_checks import Check, checks
from harness.console import Console
from harness.errors import IceboxError, InputError
from harness.report.rundir import RunDir
from harness.report.verdict import Outcome, Verdict

PAGE = Path(__file__).with_name("back-ends.md")
RUNS = PAGE.with_suffix(".json")
HEAD = """\
# Back ends side by side

Made by `docs/make_backends.py` from runs of `./icebox validate`; don't edit it by hand.

A back end is where a box is hosted (`kind` in `[dom0]`) and what its nodes are (`hypervisor`). The site, the
checks and the report are the same on all of them. Each column is one run on the default site: the seconds of
each check that passed, and otherwise how it ended. A dash is a check that was no part of the run: left out by
`--core`, or wanting a laptop or a second SE, which the default site has not. The pace is the factor by which
everything was waited for longer than on a usual machine; seconds of different columns tell of machines, and
of what ran beside it, not of this program.
"""
UNTOLD = "–"

Run = Mapping[str, Any]


def main(argv: Sequence[str]) -> int:
    """Take the runs in, and write the page; exit code as of icebox."""
    try:
        taken = {run["name"]: run for run in (*kept(), *(of_run(Path(each)) for each in argv))}
    except IceboxError as error:
        Console().error(error)
        return int(error.exit_code)
    RUNS.write_text(json.dumps(list(taken.values()), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def kept() -> list[Run]:
    """The runs of the page as it is."""
    return list(json.loads(RUNS.read_text(encoding="utf-8"))) if RUNS.exists() else []


def of_run(run_dir: Path) -> Run:
    """What the page has of one run; raises InputError if it has no verdict of a box."""
    path = RunDir(run_dir).verdict_json
    try:
        text, written = path.read_text(encoding="utf-8"), path.stat().st_mtime
    except OSError as error:
        raise InputError("there is no run to take in", where=str(run_dir), why=str(error)) from None
    found = Verdict.from_json(text, where=str(path))
    if not found.box or any("hypervisor" not in node for node in found.box["nodes"]):
        raise InputError("it does not say what its nodes are", where=str(path))
    nodes = sorted({str(node["hypervisor"]) for node in found.box["nodes"]})
    return {
        "name": f"{found.box['dom0']['kind']}, {' and '.join(nodes)}",
        "date": datetime.datetime.fromtimestamp(written, datetime.UTC).date().isoformat(),
        "verdict": found.verdict.value,
        "pace": found.box["dom0"]["pace"],
        "seconds": round(found.timings["total"]),
        "checks": {check.id: [check.outcome.value, round(check.seconds, 1)] for check in found.checks},
        "left_out": len(found.left_out),
    }


def page() -> str:
    """The text of docs/back-ends.md."""
    runs = sorted(kept(), key=lambda run: (run["pace"], run["name"]))
    return "\n".join([HEAD, *_summary(runs), "", *_table(runs)]) + "\n"


def _summary(runs: Sequence[Run]) -> Iterator[str]:
    yield "| back end | day | verdict | checks passed | left out | pace | seconds in all |"
    yield "|---|---|---|---|---|---|---|"
    for run in runs:
        passed = sum(outcome == Outcome.PASSED.value for outcome, _ in run["checks"].values())
        counted = f"{passed} of {len(run['checks'])}"
        told = [run[key] for key in ("name", "date", "verdict")]
        told += [counted, *(run[key] for key in ("left_out", "pace", "seconds"))]
        yield f"| {' | '.join(map(str, told))} |"


def _table(runs: Sequence[Run]) -> Iterator[str]:
    yield f"| check | {' | '.join(run['name'] for run in runs)} |"
    yield "|---|" + "--:|" * len(runs)
    for check in checks():
        yield f"| {check.id} {check.title} | {' | '.join(_cell(run, check) for run in runs)} |"


def _cell(run: Run, check: Check) -> str:
    outcome, seconds = run["checks"].get(check.id, (UNTOLD, 0.0))
    return f"{seconds:.1f}" if outcome == Outcome.PASSED.value else outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
