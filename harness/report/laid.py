"""Failures laid at findings: one fault is one finding, however many checks it hits."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.report.verdict import UNEXPLAINED, CheckResult, Outcome
from harness.report.verdict import Finding as Told

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from harness.diagnosis.finding import Finding, Findings

GUESS = "nothing else was seen that explains what failed"
SHOWN = 4000
"""Characters of what a probe said that a report repeats."""


def lay(checks: tuple[CheckResult, ...], findings: Findings | None) -> tuple[CheckResult, ...]:
    """The checks with the finding behind each that failed, or was blocked by one that did.

    Of the checks that fail because of a finding one tells of it, that which is about it if it is among them;
    the others are blocked by the finding.  What no finding is beneath stays as it is, and is unexplained.
    What was changed on a node counts for what nothing broken explains.  Without ``findings`` nobody has
    looked, and nothing is laid anywhere.
    """
    if findings is None:
        return checks
    behind = {check.id: _cause(check, findings) for check in checks if check.outcome is Outcome.FAILED}
    causes = (*findings.broken, *findings.changed)
    told_by = {finding.id: _teller(finding, behind) for finding in causes}
    excused = {
        check.id: finding
        for check in checks
        if check.outcome is Outcome.FAILED and (finding := _excuse(check, findings))
    }
    known = {finding.id: finding for finding in causes}
    laid = tuple(_excused(check, excused) or _laid(check, behind, told_by, known) for check in checks)
    return _passed_on(laid, known | {each.id: each for each in excused.values()})


def _passed_on(checks: tuple[CheckResult, ...], known: Container[str]) -> tuple[CheckResult, ...]:
    """What is blocked by a check that is blocked by a finding is blocked by that, too."""
    by = {check.id: check.finding for check in checks if check.finding in known}
    more = tuple(
        replace(check, blocked_by=by[check.blocked_by], finding=by[check.blocked_by])
        if check.outcome is Outcome.BLOCKED and check.blocked_by in by
        else check
        for check in checks
    )
    return checks if more == checks else _passed_on(more, known)


def excuses(findings: Findings | None) -> frozenset[str]:
    """Ids of findings that are no reason for a no-go, though checks are blocked by them."""
    return frozenset(each.id for each in findings.degraded if each.spared) if findings else frozenset()


def _excuse(check: CheckResult, findings: Findings) -> Finding | None:
    """What is spared, if the check failed for that alone: it names it, and rests on it."""
    headline = check.message.partition("\n")[0]
    return next(
        (
            each
            for each in findings.degraded
            if each.spared
            and re.search(rf"\b{re.escape(each.node)}\b", headline)
            and (each.told_by == check.id or set(check.needs) & set(each.words) or each.node in check.nodes)
        ),
        None,
    )


def _excused(check: CheckResult, excused: Mapping[str, Finding]) -> CheckResult | None:
    by = excused.get(check.id if check.outcome is Outcome.FAILED else check.blocked_by)
    if by is None or check.outcome not in (Outcome.FAILED, Outcome.BLOCKED):
        return None
    return replace(check, outcome=Outcome.BLOCKED, blocked_by=by.id, finding=by.id)


def _cause(check: CheckResult, findings: Findings) -> Finding | None:
    """What a failure is laid at: what is broken, or else what was changed where the check was."""
    changed = (each for each in findings.changed if set(check.needs) & set(each.words))
    return _behind(check, findings.broken) or _behind(check, changed)


def _behind(check: CheckResult, broken: Iterable[Finding]) -> Finding | None:
    """The finding that a failure is laid at: beneath what the check says it needs, or else where it was."""
    found = list(broken)
    needs, headline = set(check.needs), check.message.partition("\n")[0]
    own = [each for each in found if each.told_by == check.id]
    beneath = [each for each in found if needs & set(each.words)]
    named = [each for each in beneath if each.node and each.node in headline]
    used = [each for each in beneath if each.node in check.nodes]
    where = [each for each in found if each.node and each.node in check.nodes]
    of_box = [each for each in found if not each.node]
    return next(iter((*own, *named, *used, *beneath, *where, *of_box)), None)


def _teller(finding: Finding, behind: Mapping[str, Finding | None]) -> str:
    failed = [check for check, each in behind.items() if each is not None and each.id == finding.id]
    return finding.told_by if finding.told_by in failed else next(iter(failed), "")


def _laid(
    check: CheckResult,
    behind: Mapping[str, Finding | None],
    told_by: Mapping[str, str],
    known: Mapping[str, Finding],
) -> CheckResult:
    if check.outcome is Outcome.BLOCKED:
        by = behind.get(check.blocked_by) or known.get(check.blocked_by)
        return replace(check, blocked_by=by.id, finding=by.id) if by else check
    if check.outcome is not Outcome.FAILED:
        return check
    finding = behind[check.id]
    if finding is None:
        return replace(check, finding=UNEXPLAINED)
    if told_by[finding.id] == check.id:
        return replace(check, finding=finding.id)
    return replace(check, outcome=Outcome.BLOCKED, blocked_by=finding.id, finding=finding.id)


def told(
    findings: Findings | None, checks: Iterable[CheckResult]
) -> tuple[tuple[Told, ...], tuple[Told, ...]]:
    """What is broken and what is degraded, as the verdict has it."""
    if findings is None:
        return (), ()
    laid: dict[str, list[str]] = {}
    for check in checks:
        laid.setdefault(check.finding, []).append(check.id)
    blamed = (replace(each, means=GUESS) for each in findings.changed if each.id in laid)
    broken = tuple(_told(each, laid.get(each.id, ())) for each in (*findings.broken, *blamed))
    return broken, tuple(_told(each, laid.get(each.id, ())) for each in findings.degraded)


def _told(finding: Finding, explains: Iterable[str]) -> Told:
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(finding.since)) if finding.since else ""
    return Told(
        id=finding.id,
        link=finding.link,
        node=finding.node,
        summary=finding.what,
        remedy=finding.remedy,
        evidence=tuple(filter(None, (finding.output[:SHOWN], *finding.log))),
        explains=tuple(explains),
        since=since,
        probe=finding.probe,
        means=finding.means,
        stops=finding.stops,
    )
