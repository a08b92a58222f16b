"""report: the newest verdict in words, and where its pages are."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from harness import givenfile, state
from harness.commands.options import console_for
from harness.commands.words import add_json
from harness.console import Colour, Console
from harness.errors import on_screen
from harness.report import typed
from harness.report.rundir import RunDir
from harness.report.verdict import LONGEST, UNEXPLAINED, Answer, CheckResult, Outcome, Verdict

LINES = 4
"""Of a message; the pages have all of it."""
ANSWERS = {
    Answer.GO: (Colour.GREEN, "GO", "the school can start"),
    Answer.NO_GO: (Colour.RED, "NO-GO", "the school can't start yet"),
    Answer.UNKNOWN: (Colour.YELLOW, "UNKNOWN", "nobody can say yet whether the school can start"),
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``report`` on the command line."""
    report = commands.add_parser(
        "report",
        help="the verdict of the last run, and where its pages are",
        description="Says the verdict of a run again, and where its pages are. Exit codes are those of "
        "validate.",
    )
    report.add_argument(
        "directory", nargs="?", type=Path, metavar="RUN", help="a run directory (default: the last)"
    )
    add_json(report)
    report.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Tell a run's verdict; its exit code is that of validate."""
    directory = options.directory or state.checkout() / "reports" / "runs" / "latest"
    run_dir = RunDir(directory.absolute())
    file = run_dir.verdict_json
    text = givenfile.read(file, "the verdict", remedy="./icebox validate makes one", most=LONGEST)
    run_dir = RunDir(run_dir.path.resolve())
    console = console_for(options)
    verdict = Verdict.from_json(text, where=str(file))
    if options.json:
        console.result(text.rstrip())
    else:
        show(verdict, run_dir, console)
    return exit_code(verdict)


def exit_code(verdict: Verdict) -> int:
    """0 go, 1 no-go, 3 unknown."""
    return verdict.verdict.exit_code


def show(verdict: Verdict, run_dir: RunDir, console: Console) -> None:
    """The verdict in words a trainer reads at a glance."""
    tell = partial(_tell, console, str(verdict.box.get("name", "")))
    console.result(f"\n{_headline(verdict, console)}")
    if verdict.trouble:
        console.result(f"  {verdict.trouble}")
    if verdict.left_out:
        console.result(f"  {verdict.omission}")
    for line in verdict.mended:
        console.result(f"  {'mended':<8} {on_screen(line)}")
    for finding in verdict.findings:
        explains = f"  (behind {', '.join(finding.explains)})" if finding.explains else ""
        console.result(f"  {'finding':<8} {finding.id}{explains}")
        more = (f"so: {finding.means}" if finding.means else "", finding.since and f"since {finding.since}")
        tell([finding.summary, *filter(None, more)], finding.remedy)
    stories = _by_message(verdict)
    for message, checks in stories.items():
        for check in checks:
            alone = "  (unexplained)" if check.finding == UNEXPLAINED else ""
            console.result(f"  {check.outcome.value:<8} {check.id:<7} {check.title}{alone}")
        tell(message.splitlines()[:LINES], checks[0].remedy)
    for check in verdict.retried:
        console.result(f"  {'retried':<8} {check.id:<7} {check.title}: {check.outcome.value} the second time")
        tell(check.retried.splitlines()[:1], "")
    for check in verdict.warned:
        console.result(f"  {'warning':<8} {check.id:<7} {check.title}")
        # What stands there for a check that did not pass is about that.
        told = [line for warning in check.warnings for line in warning.splitlines()]
        tell(told, check.remedy if check.outcome is Outcome.PASSED else "")
    for finding in verdict.degraded:
        console.result(f"  {'degraded':<8} {finding.id}")
        tell([finding.summary], finding.remedy)
    silent = verdict.box.get("silent", ())
    if silent and not verdict.findings and not verdict.mended:
        silent = ", ".join(silent)
        console.result(f"  Many failures often have one cause. Silent when the checks ended: {silent}.")
    console.result(f"  page:    {run_dir.verdict_html}")
    if run_dir.allure_report.exists():
        console.result(f"  details: {run_dir.allure_report}")


def _headline(verdict: Verdict, console: Console) -> str:
    colour, word, meaning = ANSWERS[verdict.verdict]
    passed = f"{verdict.count(Outcome.PASSED)} of {len(verdict.checks)} checks passed"
    warned = f", {len(verdict.warned)} with a warning" if verdict.warned else ""
    return f"{console.paint(word, colour, Colour.BOLD)}: {meaning}  ({passed}{warned})"


def _tell(console: Console, box: str, lines: Iterable[str], remedy: str) -> None:
    for line in (*lines, *([f"do: {remedy}"] if remedy else [])):
        console.result(f"{'':<11}{on_screen(typed.of_box(line, box))}")


def _by_message(verdict: Verdict) -> dict[str, list[CheckResult]]:
    """Checks that did not pass, those with the same story together: it is told once."""
    stories: dict[str, list[CheckResult]] = {}
    for check in verdict.checks:
        explained = check.finding not in ("", UNEXPLAINED)
        if check.outcome is not Outcome.PASSED and not (explained and check.outcome is Outcome.BLOCKED):
            stories.setdefault(check.message, []).append(check)
    return stories
