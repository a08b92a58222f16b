"""validate --mend: what is typed, what is left to a person, and the verdict of both runs together."""

import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.commands import mend
from harness.console import Console, Style
from harness.diagnosis import diagnose
from harness.diagnosis.finding import Finding, Findings, Step
from harness.report.verdict import Answer, CheckResult, Outcome, Verdict
from harness.report.verdict import Finding as Told

SAFE = Finding(
    link="gatekeeper",
    node="xencenode",
    what="the gatekeeper is down",
    steps=(Step("xencenode", "restart it"),),
)
UNSAFE = Finding(link="rules", what="the filter is not as it was", remedy="./icebox stop")


def check(identity: str, outcome: Outcome) -> CheckResult:
    return CheckResult(identity, identity, "ce", outcome)


FIRST = Verdict(
    Answer.NO_GO,
    (check("CE-1", Outcome.FAILED), check("CE-3", Outcome.BLOCKED), check("UI-1", Outcome.PASSED)),
    (Told("gatekeeper@xencenode", "gatekeeper", "xencenode", "it is down"),),
)


def test_what_failed_or_was_blocked_is_checked_again() -> None:
    assert mend.red(FIRST) == ("CE-1", "CE-3")


@pytest.mark.parametrize(
    ("again", "answer"), [(Outcome.PASSED, Answer.GO), (Outcome.FAILED, Answer.NO_GO)], ids=str
)
def test_the_verdict_is_of_both_runs(again: Outcome, answer: Answer) -> None:
    second = Verdict(
        Answer.UNKNOWN, (check("CE-1", again), check("CE-3", Outcome.PASSED)), trouble="only a part"
    )
    merged = mend.merged(FIRST, second, ("restart it",))
    assert merged.verdict is answer
    assert [each.outcome for each in merged.checks] == [again, Outcome.PASSED, Outcome.PASSED]
    assert merged.mended == ("restart it",)
    assert merged.findings == ()
    assert Verdict.from_json(merged.to_json()) == merged


def test_a_run_that_said_nothing_for_certain_says_no_more_for_being_mended() -> None:
    part = replace(FIRST, trouble="Only a part of the checks was asked for.")
    second = Verdict(Answer.UNKNOWN, (check("CE-1", Outcome.PASSED), check("CE-3", Outcome.PASSED)))
    assert mend.merged(part, second, ()).verdict is Answer.UNKNOWN


def test_what_a_node_says_steers_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "\x1b[2J\nmore"
    way = SimpleNamespace(run=lambda _line, timeout: SimpleNamespace(ok=False, exit_code=5, output=words))
    site = SimpleNamespace(node=lambda name: SimpleNamespace(name=name))
    box = SimpleNamespace(site=site, way_in=lambda _: way, close=lambda: None)
    safe = replace(SAFE, steps=(Step("xencenode", f"rm '{words}'"),))
    found = Findings((safe, replace(UNSAFE, what=words)))
    monkeypatch.setattr(mend, "attach", lambda _: box)
    monkeypatch.setattr(diagnose, "diagnose", lambda _: found)
    said = io.StringIO()
    [told] = mend.mend("school", Console(said, style=Style.PLAIN, colour=False))
    assert "\x1b" not in said.getvalue()
    assert told.endswith(r"exit code 5: \x1b[2J more")


def test_what_is_safe_is_typed_and_told_and_the_rest_is_left_to_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed: list[str] = []

    def run(line: str, timeout: float) -> Any:
        typed.append(line)
        return SimpleNamespace(ok=False, exit_code=5, output="no such unit\n")

    node = SimpleNamespace(name="xencenode")
    box = SimpleNamespace(
        site=SimpleNamespace(node=lambda name: node),
        way_in=lambda asked: SimpleNamespace(run=run),
        close=lambda: None,
    )
    monkeypatch.setattr(mend, "attach", lambda name: box)
    monkeypatch.setattr(diagnose, "diagnose", lambda asked: Findings((SAFE, UNSAFE)))
    said = io.StringIO()
    told = mend.mend("school", Console(said, style=Style.PLAIN, colour=False))
    assert typed == ["restart it"]
    assert told == ("gatekeeper@xencenode: `restart it` on xencenode: exit code 5: no such unit",)
    assert "left to a person: the filter is not as it was. ./icebox stop" in said.getvalue()
