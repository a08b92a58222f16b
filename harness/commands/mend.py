"""What ``validate --mend`` does: remedies that do no harm are typed, and what was red is checked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.access.shell import Shell
from harness.box.box import Box, attach
from harness.console import Console
from harness.diagnosis.finding import Finding, Step
from harness.dom0.place import Place
from harness.errors import IceboxError, page
from harness.report.verdict import Outcome, Verdict, decide

PATIENCE = 90.0
"""Seconds for one line: a unit that is restarted may take a minute to give up its old processes."""


def red(verdict: Verdict) -> tuple[str, ...]:
    """Ids of the checks that failed, and of those that were blocked by what failed."""
    return tuple(each.id for each in verdict.checks if each.outcome in (Outcome.FAILED, Outcome.BLOCKED))


def mend(name: str, console: Console) -> tuple[str, ...]:
    """Look at a box, and type what mends its findings, where that is safe; what was typed, in words."""
    from harness.diagnosis.diagnose import diagnose

    box = attach(name)
    try:
        with console.stage("look for what can be mended"):
            found = diagnose(box)
        typed = tuple(line for finding in found.broken for line in _mended(box, finding, console))
        for finding in found.broken:
            if not finding.safe:
                console.note(page([f"  left to a person: {finding.what}. {finding.remedy}"]))
        return typed
    finally:
        box.close()


def _mended(box: Box, finding: Finding, console: Console) -> Iterator[str]:
    for step in finding.steps:
        with console.stage(page([f"mend {finding.id}: {step.line}"])) as stage:
            how = " ".join(page([_typed(box, step)]).split())
            if how:
                stage.say(how)
        yield f"{finding.id}: `{step.line}` on {step.place or 'the dom0'}{f': {how}' if how else ''}"


def _typed(box: Box, step: Step) -> str:
    """Why a line could not be typed, or did not succeed; empty if it did."""
    try:
        ran = _place(box, step.place).run(step.line, timeout=PATIENCE)
    except (IceboxError, OSError) as error:
        return str(error)
    return "" if ran.ok else f"exit code {ran.exit_code}: {ran.output.strip()[-200:]}"


def _place(box: Box, name: str) -> Place | Shell:
    node = box.site.node(name) if name else None
    if node is None:
        return box.dom0
    way = box.way_in(node)
    if way is None:
        raise IceboxError("is down", where=name)
    return way


def merged(first: Verdict, second: Verdict, typed: tuple[str, ...]) -> Verdict:
    """The verdict of a run after what was red in it was mended and checked again."""
    again = {check.id: check for check in second.checks}
    checks = tuple(again.get(check.id, check) for check in first.checks)
    times: Mapping[str, float] = {**first.timings, "again": second.timings.get("total", 0.0)}
    answer = decide(checks, second.findings, trouble=first.trouble)
    return replace(
        first,
        verdict=answer,
        checks=checks,
        findings=second.findings,
        degraded=second.degraded,
        timings=times,
        mended=typed,
    )
