"""The verdict: what counts as go, and its file."""

import json
from dataclasses import replace

import pytest

from harness.errors import ExitCode, InputError
from harness.report.verdict import Answer, CheckResult, Finding, Outcome, Verdict, decide


def results(*outcomes):
    return [CheckResult(f"X-{n}", "x", "ce", Outcome(outcome)) for n, outcome in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("outcomes", "answer"),
    [
        (["passed"], "go"),
        (["passed", "passed"], "go"),
        ([], "unknown"),
        (["failed"], "no-go"),
        (["passed", "failed", "passed"], "no-go"),
        (["failed", "unknown", "blocked"], "no-go"),
        (["unknown"], "unknown"),
        (["passed", "unknown"], "unknown"),
        (["blocked"], "unknown"),
        (["passed", "blocked"], "unknown"),
    ],
)
def test_only_failed_checks_make_no_go_and_only_passed_ones_go(outcomes, answer):
    assert decide(results(*outcomes)) == answer


def test_a_finding_is_no_go_even_if_it_blocked_every_check():
    finding = Finding("CE-CA", "CA is trusted", "xencenode", "no CA")
    assert decide(results("blocked"), [finding]) is Answer.NO_GO


def test_trouble_takes_away_go_but_not_no_go():
    assert decide(results("passed"), trouble="interrupted") is Answer.UNKNOWN
    assert decide(results("failed"), trouble="interrupted") is Answer.NO_GO


def test_exit_codes():
    assert [answer.exit_code for answer in Answer] == [ExitCode.GO, ExitCode.NO_GO, ExitCode.UNKNOWN]


def test_the_graver_outcome_wins():
    assert Outcome.FAILED.worst(Outcome.UNKNOWN) is Outcome.FAILED
    assert Outcome.BLOCKED.worst(Outcome.UNKNOWN) is Outcome.UNKNOWN
    assert Outcome.PASSED.worst(Outcome.BLOCKED) is Outcome.BLOCKED


def test_json_and_back(samples):
    finding = Finding("CE-CA", "CA is trusted", "xencenode", "no CA", "copy it", ("ls: no file",), ("CE-1",))
    verdict = replace(samples.broken(), findings=(finding,), trouble="Straße")
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_a_warning_takes_nothing_away_from_go(samples):
    verdict = samples.warned()
    assert (verdict.verdict, verdict.count(Outcome.PASSED)) == (Answer.GO, 29)
    assert Verdict.from_json(verdict.to_json()) == verdict
    (check,) = (check for check in json.loads(verdict.to_json())["checks"] if check["warnings"])
    assert (check["id"], check["outcome"]) == ("TIME-1", "passed")
    assert check["warnings"] == ["xensenode is 41.2 s behind"]


def test_a_verdict_from_before_there_were_warnings(samples):
    content = json.loads(samples.verdict().to_json())
    for check in content["checks"]:
        del check["warnings"]
    assert Verdict.from_json(json.dumps(content)) == samples.verdict()


def test_json_has_the_documented_keys(samples):
    content = json.loads(samples.broken().to_json())
    assert list(content)[:2] == ["schema", "verdict"]
    assert set(content) >= {"schema", "verdict", "checks", "findings", "timings", "box", "image"}
    assert content["schema"] == 1
    assert content["verdict"] == "no-go"
    keys = {"id", "title", "role", "outcome", "seconds", "message", "blocked_by"}
    assert all(set(check) >= keys for check in content["checks"])


def test_keys_added_later_are_passed_over(samples):
    content = json.loads(samples.verdict().to_json())
    content["weather"] = "fine"
    content["checks"][0]["mood"] = "good"
    content["checks"][0]["blocked_by"] = None
    assert Verdict.from_json(json.dumps(content)) == samples.verdict()


def test_a_later_schema_is_refused(samples):
    content = json.loads(samples.verdict().to_json()) | {"schema": 2}
    with pytest.raises(InputError) as caught:
        Verdict.from_json(json.dumps(content), where="old/verdict.json")
    assert caught.value.where == "old/verdict.json"
    assert "later version" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "no schema number"),
        ("{}", "no schema number"),
        ('{"schema": "1"}', "no schema number"),
        ('{"schema": 1}', "'verdict' is missing"),
        ('{"schema": 1, "verdict": "maybe"}', "maybe"),
    ],
)
def test_what_is_no_verdict_is_refused(text, why):
    with pytest.raises(InputError, match="is not") as caught:
        Verdict.from_json(text)
    assert why in str(caught.value)
