"""Gathers what became of each check while pytest runs, and hands over the verdict when it ends.

Registered on the process that owns the run; under pytest-xdist that is the controller, which gets the
results of its workers through their reports.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import allurelog, gathered, junit
from harness.report.laid import excuses, lay, told
from harness.report.mark import PROPERTY, read_plan
from harness.report.roles import position
from harness.report.verdict import CheckResult, Outcome, Verdict, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from harness.diagnosis.finding import Findings
    from harness.report.mark import CheckMark, Planned
    from harness.report.rundir import RunDir

RUN = pytest.StashKey["RunDir"]()
"""On the config of the process that owns the run."""
RUN_INPUT = "icebox_run"
"""Key of the worker input with the run directory's path."""


class Collector:
    """A pytest plugin.  ``publish`` gets the verdict exactly once, however the session ends.

    ``describe`` gives the fields of the verdict that are not about checks (``timings``, ``box``,
    ``image``); it is called at the end, when the timings are known.  ``sketch`` gets what is known at Ctrl-C,
    before anything else that might take its time; so does ``early`` once the checks have ended and findings
    are known.
    """

    def __init__(
        self,
        run: RunDir,
        publish: Callable[[Verdict], object],
        describe: Callable[[], Mapping[str, Any]] = dict,
        sketch: Callable[[Verdict], object] | None = None,
        early: Callable[[Verdict], object] | None = None,
    ) -> None:
        self.run = run
        self.sketch = sketch
        self.publish = publish
        self.describe = describe
        self.verdict: Verdict | None = None
        self._results: dict[str, CheckResult] = {}
        self._ended: set[str] = set()
        self._crashed: dict[str, str] = {}
        self._trouble: list[str] = []
        self.early = early
        self.findings: Findings | None = None
        """What is wrong with the box, once somebody has looked."""

    def tell(self, findings: Findings | None) -> None:
        """Have the report say what was found, before evidence is gathered and the box taken down."""
        self.findings = findings
        if self.early is not None:
            self.early(self._decided())

    def note_trouble(self, text: str) -> None:
        """Say why the harness could not finish: with it, nothing short of a failed check is certain."""
        if text not in self._trouble:
            self._trouble.append(text)

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUN] = self.run

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[RUN_INPUT] = str(self.run.path)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        carried = dict(report.user_properties).get(PROPERTY)
        if carried is not None:
            self._results[report.nodeid] = CheckResult.of(json.loads(str(carried)))
        if report.when == "teardown":
            self._ended.add(report.nodeid)
        elif report.when not in ("setup", "call"):  # xdist: made on the controller after a worker died
            self._crashed[report.nodeid] = report.longreprtext

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.note_trouble(f"{report.nodeid} could not be read: {_last_line(report.longreprtext)}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        reason = f": {excinfo.value}" if str(excinfo.value) else ""
        self.note_trouble(f"The run was interrupted{reason}.")
        if self.sketch is not None:
            self.sketch(self._decided())

    def pytest_internalerror(self, excrepr: object) -> None:
        self.note_trouble(f"The harness failed: {_last_line(str(excrepr))}")

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        # Around all others: the workers, the box and junit.xml are done with, even if one of them failed.
        try:
            return (yield)
        finally:
            self.finish()

    def pytest_unconfigure(self) -> None:
        # A session that fails to start is never finished.
        if self.verdict is None:
            self.note_trouble("The run ended before any check could start.")
        self.finish()

    def finish(self) -> None:
        """Publish the verdict, unless it has been."""
        if self.verdict is not None:
            return
        self._complete_allure()
        self.verdict = self._decided()
        junit.lay(self.run.junit, {nodeid: self._laid_of(each) for nodeid, each in self._plan().items()})
        for path in self.run.plans:
            path.unlink(missing_ok=True)
        self.publish(self.verdict)

    def _complete_allure(self) -> None:
        """Tell Allure of what a dead worker ran, and of what nobody ran; what stops that stops no verdict."""
        plan = self._plan()
        laid = {check.id: check for check in self.checks()}
        ended = [
            (planned, _as_laid(self._result(nodeid, planned.mark), laid.get(planned.mark.id)))
            for nodeid, planned in plan.items()
        ]
        try:
            gathered.index(self.run.evidence)
            evidence = f"../{gathered.of(self.run)}" if gathered.of(self.run) else ""
            allurelog.complete(self.run.allure_results, ended, evidence)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            print(f"Allure's results are not complete: {type(error).__name__}: {error}", file=sys.stderr)

    def _laid_of(self, planned: Planned) -> CheckResult | None:
        verdict = self.verdict
        checks = verdict.checks if verdict else ()
        return next((check for check in checks if check.id == planned.mark.id), None)

    def _plan(self) -> dict[str, Planned]:
        return {nodeid: each for path in self.run.plans for nodeid, each in read_plan(path).items()}

    def _decided(self) -> Verdict:
        trouble, checks = " ".join(self._trouble), self.checks()
        findings, degraded = told(self.findings, checks)
        answer = decide(checks, findings, excuses(self.findings), trouble=trouble)
        return Verdict(answer, checks, findings, degraded, trouble=trouble, **self.describe())

    def checks(self) -> tuple[CheckResult, ...]:
        """The results so far, one for each check that was planned; in the order of the report."""
        plan = self._plan()
        nodeids = [*plan, *(nodeid for nodeid in {**self._results, **self._crashed} if nodeid not in plan)]
        merged = _merge(
            self._result(nodeid, plan[nodeid].mark if nodeid in plan else None) for nodeid in nodeids
        )
        listed = sorted(merged, key=lambda check: (position(check.role), _natural(check.id)))
        return lay(tuple(listed), self.findings)

    def _result(self, nodeid: str, mark: CheckMark | None) -> CheckResult:
        seen = self._results.get(nodeid)
        if nodeid in self._ended and seen is not None:
            return seen
        if nodeid in self._crashed:
            what = f"the process that ran this check died: {_last_line(self._crashed[nodeid])}"
        elif seen is not None:
            what = "was interrupted before it ended"
        else:
            what = "was not run: the run stopped before it"
        return _not_seen(nodeid, seen, mark, what)


def _as_laid(result: CheckResult, laid: CheckResult | None) -> CheckResult:
    """One case of a check with what the check as a whole was laid at, if the case did not pass."""
    if laid is None or result.outcome not in (Outcome.FAILED, Outcome.BLOCKED) or not laid.finding:
        return result
    outcome = laid.outcome if laid.outcome is Outcome.BLOCKED else result.outcome
    blocked_by = laid.blocked_by or result.blocked_by
    return replace(result, outcome=outcome, blocked_by=blocked_by, finding=laid.finding)


def _not_seen(nodeid: str, seen: CheckResult | None, mark: CheckMark | None, what: str) -> CheckResult:
    if seen is not None and seen.outcome is Outcome.FAILED:
        return seen
    if seen is not None:
        return replace(seen, outcome=Outcome.UNKNOWN, message=what)
    if mark is not None:
        return mark.result(Outcome.UNKNOWN, message=what)
    name = nodeid.rpartition("::")[2]
    return CheckResult(id=name, title=name, role="", outcome=Outcome.UNKNOWN, message=what)


def _merge(results: Iterable[CheckResult]) -> Iterable[CheckResult]:
    """One result for each id: the cases of a parametrized check count as one, and the worst decides."""
    merged: dict[str, CheckResult] = {}
    for result in results:
        before = merged.get(result.id)
        merged[result.id] = result if before is None else _worse(before, result)
    return merged.values()


def _worse(one: CheckResult, other: CheckResult) -> CheckResult:
    outcome = one.outcome.worst(other.outcome)
    decisive = [each for each in (one, other) if each.outcome is outcome]
    messages = dict.fromkeys(each.message for each in decisive if each.message)
    return replace(
        decisive[0],
        message="\n".join(messages),
        remedy=next((each.remedy for each in decisive if each.remedy), ""),
        warnings=tuple(dict.fromkeys((*one.warnings, *other.warnings))),
        nodes=tuple(dict.fromkeys((*one.nodes, *other.nodes))),
        needs=tuple(dict.fromkeys((*one.needs, *other.needs))),
        retried=one.retried or other.retried,
        seconds=round(one.seconds + other.seconds, 3),
    )


def _natural(identifier: str) -> list[tuple[int, str]]:
    """Sort key that puts CE-10 after CE-9."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", identifier)]


def _last_line(text: str) -> str:
    """The line that names the error, in a traceback or a message."""
    lines = [line.removeprefix("E").strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Exit)\b", line)]
    return (named or lines or ["no reason was given"])[-1]
