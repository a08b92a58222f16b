"""The verdict as one page that a trainer reads in half a minute; it needs no network and no other file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.report import roles, series, typed
from harness.report.drawing import NARROW, WIDE, draw
from harness.report.state import groups
from harness.report.verdict import RUN_AGAIN, UNEXPLAINED, Answer, CheckResult, Finding, Outcome, Verdict
from harness.webpage import template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEMPLATE = Path(__file__).parent / "templates" / "verdict.html.j2"
WORDS = {
    Answer.GO: ("GO", "The school can start."),
    Answer.NO_GO: ("NO-GO", "The school cannot start yet."),
    Answer.UNKNOWN: ("UNKNOWN", "Nobody can say yet whether the school can start."),
}
NOTHING_BENEATH = (
    "the box was looked at, and nothing that {ids} rests on is broken; what the nodes wrote meanwhile is in "
    "evidence/ of the run, and in the Allure report"
)
LOOK_UP = "The Allure report shows each command of {ids} with its output; `./icebox status` shows the box."


@dataclass(frozen=True)
class Problem:
    """Something that keeps the school from starting, and what to do about it."""

    outcome: Outcome
    tag: str
    headline: str
    detail: str
    remedy: str
    checks: tuple[CheckResult, ...]
    facts: tuple[tuple[str, str], ...] = ()
    """What else is known of it: a word, and what that is."""
    means: str = ""
    """What it is for the school, in a sentence."""

    @property
    def about(self) -> str:
        """The checks that it is about, in a line."""
        if not self.checks:
            return "No check that failed rests on it."
        if len(self.checks) == 1:
            return f"Check {self.checks[0].id}: {self.checks[0].title}"
        return f"{len(self.checks)} checks: {series.told(check.id for check in self.checks)}"

    @property
    def seen(self) -> str:
        """The first line of what was seen, unless the headline says that already."""
        first = self.detail.partition("\n")[0].strip()
        return "" if first in self.headline else first


def render(verdict: Verdict, *, run: str = "", allure: str = "", evidence: str = "") -> str:
    """The page's HTML.  ``run`` names the run; ``allure`` and ``evidence`` are addresses, if any."""
    box = str(verdict.box.get("name", ""))

    def code_of_box(text: str) -> list[tuple[bool, str]]:
        return code(typed.of_box(text, box))

    word, sentence = WORDS[verdict.verdict]
    stages = {stage: took for stage, took in verdict.timings.items() if stage != "total"}
    return template(TEMPLATE).render(
        verdict=verdict,
        seconds=seconds,
        code=code_of_box,
        word=word,
        sentence=sentence,
        reason=reason(verdict),
        left_out=verdict.omission,
        problems=problems(verdict),
        degraded=tuple(_of_finding(finding, verdict) for finding in verdict.degraded),
        blocked=blocked(verdict),
        groups=groups(verdict),
        drawings=[draw(verdict, form) for form in (WIDE, NARROW)] if verdict.box.get("nodes") else [],
        stages=stages,
        longest=max(stages.values(), default=0.0),
        run=run,
        allure=allure,
        evidence=evidence,
    )


def reason(verdict: Verdict) -> str:
    """Why the verdict is what it is, in one or two sentences."""
    if not verdict.checks:
        return "No check ran. This says nothing about the box."
    total, failed = len(verdict.checks), verdict.count(Outcome.FAILED)
    unknown, held = verdict.count(Outcome.UNKNOWN), verdict.count(Outcome.BLOCKED)
    if verdict.verdict is Answer.GO or verdict.count(Outcome.PASSED) == total:
        return _all_passed(total, len(verdict.warned))
    what = [(failed, "failed"), (unknown, "came to no result"), (held, "could not run because of others")]
    parts = [f"{count} {words}" for count, words in what if count]
    counts = ", ".join(parts).replace(" ", f" of {_checks(total)} ", 1) + "." + _causes(verdict)
    if verdict.verdict is Answer.NO_GO:
        return counts
    return f"{counts} This says nothing about the box: the test itself did not come to an end."


def _causes(verdict: Verdict) -> str:
    """How many faults are behind all that, in a sentence."""
    explained = sum(len(finding.explains) for finding in verdict.findings)
    if not explained:
        return ""
    number = len(verdict.findings)
    return (
        f" One fault is behind {explained} of them."
        if number == 1
        else f" {number} faults are behind {explained} of them."
    )


def _all_passed(total: int, warned: int) -> str:
    if total == 1:
        return "The one check passed, with a warning." if warned else "The one check passed."
    return f"All {total} checks passed, {warned} with a warning." if warned else f"All {total} checks passed."


def problems(verdict: Verdict) -> tuple[Problem, ...]:
    """Findings first, then failed checks that no finding explains, then those without a result."""
    explained = {identifier for finding in verdict.findings for identifier in finding.explains}
    rest = [check for check in verdict.checks if check.id not in explained]
    return (
        *(_of_finding(finding, verdict) for finding in verdict.findings),
        *_of_checks(rest, Outcome.FAILED),
        *_of_checks(rest, Outcome.UNKNOWN),
    )


def blocked(verdict: Verdict) -> dict[str, list[str]]:
    """Ids of the blocked checks by what they are blocked by; a finding names its own."""
    held: dict[str, list[str]] = {}
    explained = {identifier for finding in verdict.findings for identifier in finding.explains}
    for check in verdict.checks:
        if check.outcome is Outcome.BLOCKED and check.id not in explained:
            held.setdefault(check.blocked_by or "an earlier failure", []).append(check.id)
    return held


def seconds(value: float) -> str:
    """A duration as a person says it."""
    if value >= 90:
        return f"{value // 60:.0f} min {value % 60:.0f} s"
    return f"{value:.0f} s" if value >= 9.95 else f"{value:.1f} s"


def code(text: str) -> list[tuple[bool, str]]:
    """``text`` cut at its backquotes: pairs of (is code, piece)."""
    return [(index % 2 == 1, piece) for index, piece in enumerate(text.split("`")) if piece]


def _of_finding(finding: Finding, verdict: Verdict) -> Problem:
    return Problem(
        outcome=Outcome.FAILED,
        tag=finding.id,
        headline=finding.summary,
        detail="\n".join(_beyond(finding.summary, finding.evidence)),
        remedy=finding.remedy,
        checks=tuple(check for check in verdict.checks if check.id in finding.explains),
        facts=tuple(_facts(finding)),
        means=_sentence(finding.means),
    )


def _beyond(said: str, evidence: Iterable[str]) -> Iterator[str]:
    """What it shows that was not said already, word for word."""
    return (line for line in evidence if not line.strip() or line.strip() not in said)


def _facts(finding: Finding) -> Iterator[tuple[str, str]]:
    """Where, since when, how that is known, and what it stops."""
    told = {
        "where": finding.node or "dom0",
        "since": finding.since,
        "seen by": f"`{finding.probe}`" if finding.probe else "",
        "stops": _listed(finding.stops),
    }
    yield from ((word, text) for word, text in told.items() if text)


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _of_checks(checks: Iterable[CheckResult], outcome: Outcome) -> tuple[Problem, ...]:
    """One problem for each message: thirty checks that say the same are one problem, not thirty."""
    same: dict[tuple[str, str], list[CheckResult]] = {}
    for check in checks:
        if check.outcome is outcome:
            same.setdefault((check.message, check.remedy), []).append(check)
    return tuple(_of_same(some, outcome) for some in same.values())


def _of_same(checks: list[CheckResult], outcome: Outcome) -> Problem:
    first, ids = checks[0], ", ".join(check.id for check in checks)
    alone = all(check.finding == UNEXPLAINED for check in checks)
    facts = (("unexplained", NOTHING_BENEATH.format(ids=ids)),) if alone else ()
    headline, _, detail = (first.message or first.title).partition("\n")
    remedy = RUN_AGAIN if outcome is Outcome.UNKNOWN else LOOK_UP.format(ids=ids)
    return Problem(
        outcome=outcome,
        tag=f"{first.id} · {roles.title(first.role)}" if len(checks) == 1 else _checks(len(checks)),
        headline=_sentence(headline),
        detail=detail.strip(),
        remedy=first.remedy or remedy,
        checks=tuple(checks),
        facts=facts,
    )


def _sentence(text: str) -> str:
    """With a capital and an end, unless it starts with a name in small letters and a colon."""
    text = text.strip()
    if not text:
        return ""
    starts_with_name = ":" in text.split(" ", 1)[0]
    text = text if starts_with_name else text[0].upper() + text[1:]
    return text if text[-1] in ".!?…:" else f"{text}."


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"
