"""A broken box, a broken harness, and a check that could not run are told apart."""

import pytest

from harness.errors import CheckFailed, HarnessError, WaitError
from harness.report.classify import block, classify
from harness.report.verdict import Outcome

FAILED = CheckFailed("no queue is published", where="xencenode", why="exit code 32", remedy="start bdii")


def skipped(reason: str) -> BaseException:
    with pytest.raises(pytest.skip.Exception) as caught:
        pytest.skip(reason)
    return caught.value


@pytest.mark.parametrize(
    ("error", "when", "outcome"),
    [
        (AssertionError("x"), "call", "failed"),
        (AssertionError("x"), "setup", "unknown"),
        (AssertionError("x"), "teardown", "unknown"),
        (FAILED, "call", "failed"),
        (FAILED, "setup", "failed"),
        (pytest.fail.Exception("x"), "call", "failed"),
        (HarnessError("x"), "call", "unknown"),
        (WaitError("x"), "setup", "unknown"),
        (KeyError("x"), "call", "unknown"),
        (OSError("x"), "teardown", "unknown"),
        (ExceptionGroup("two", [KeyError("x"), FAILED]), "teardown", "failed"),
        (ExceptionGroup("two", [KeyError("x"), OSError("y")]), "teardown", "unknown"),
    ],
)
def test_outcomes(error, when, outcome):
    assert classify(error, when).outcome == outcome


def test_a_failed_check_speaks_plainly():
    cause = classify(FAILED, "call")
    assert cause.message == "xencenode: no queue is published\nexit code 32"
    assert cause.remedy == "start bdii"
    assert classify(AssertionError("the SE lists nothing"), "call").message == "the SE lists nothing"


def test_a_harness_error_says_that_it_is_one():
    cause = classify(HarnessError("ssh went away", where="xencenode"), "setup")
    assert cause.message == "the harness failed while preparing this check: xencenode: ssh went away"
    assert classify(KeyError("x"), "call").message.endswith("KeyError: 'x'")


def test_an_empty_assertion_still_says_something():
    assert "an assertion failed" in classify(AssertionError(), "call").message


def test_blocked():
    with pytest.raises(pytest.skip.Exception) as caught:
        block("CE-2", "nothing is published")
    cause = classify(caught.value, "setup")
    assert (cause.outcome, cause.blocked_by) == (Outcome.BLOCKED, "CE-2")
    assert cause.message == "nothing is published"


def test_a_skip_for_any_other_reason_is_unknown():
    cause = classify(skipped("no time"), "call")
    assert (cause.outcome, cause.message) == (Outcome.UNKNOWN, "was not run: no time")


def test_long_messages_are_cut():
    assert len(classify(AssertionError("x" * 10_000), "call").message) < 5_000
