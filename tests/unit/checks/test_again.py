"""What the harness itself could not do is tried once more, for all to see; what the box did is not."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.box import failure
from harness.report.verdict import Outcome, Verdict
from tests.unit.report.projects import REPORTING, conftest, run

pytest_plugins = ["pytester"]

WITH_A_BOX = """\
from fixtures.evidence import BOX
if not Path("no-box").exists():
    config.stash[BOX] = object()
"""
CONFTEST = conftest(REPORTING + WITH_A_BOX, "fixtures.evidence", "fixtures.again")
CHECKS = """
import pytest
from pathlib import Path
from harness.errors import HarnessError

TRIES = []

def trouble(times):
    TRIES.append("x")
    with Path("tries").open("a") as file:
        file.write("x")
    if len(TRIES) <= times:
        raise HarnessError("the connection was lost")

@pytest.fixture(scope="session")
def shared():
    trouble(TIMES)

@pytest.mark.check("CE-1", role="ce", title="x")
def test_x(shared):
    assert RIGHT, "the box is broken"
"""


@pytest.fixture(autouse=True)
def _no_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody to take evidence from: the box in there is none."""
    for name in ("nodes_of", "take"):
        monkeypatch.setattr(failure, name, lambda *_: {})


def tried(pytester: pytest.Pytester, times: int, right: bool = True, checks: str = CHECKS) -> Verdict:
    pytester.makeconftest(CONFTEST)
    return run(pytester, checks.replace("TIMES", str(times)).replace("RIGHT", str(right)))


def tries(pytester: pytest.Pytester) -> int:
    return len((pytester.path / "tries").read_text())


LOST = "the harness failed while preparing this check: the connection was lost"


def test_a_trouble_that_passes_leaves_its_trace_and_no_more(pytester: pytest.Pytester) -> None:
    verdict = tried(pytester, 1)
    [check] = verdict.checks
    assert (check.outcome, check.retried, tries(pytester)) == (Outcome.PASSED, LOST, 2)
    assert verdict.verdict == "go"
    assert "CE-1 was tried twice" in (pytester.path / "run/verdict.html").read_text()
    results = [json.loads(path.read_text()) for path in (pytester.path / "run").rglob("*-result.json")]
    by_start = sorted(results, key=lambda result: result["start"])
    assert [result["status"] for result in by_start] == ["broken", "passed"]
    assert len({result["historyId"] for result in results}) == 1
    [suite] = ElementTree.parse(pytester.path / "run/junit.xml").iter("testsuite")
    [case] = suite.iter("testcase")
    assert {each.get("name"): each.get("value") for each in case.iter("property")}["retried"] == LOST
    assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("1", "0", "0")


def test_a_trouble_that_stays_is_unknown_after_two_tries(pytester: pytest.Pytester) -> None:
    verdict = tried(pytester, 9)
    [check] = verdict.checks
    assert (check.outcome, check.message, check.retried) == (Outcome.UNKNOWN, LOST, LOST)
    assert verdict.verdict == "unknown"
    assert tries(pytester) == 2


def test_what_the_second_try_finds_of_the_box_counts(pytester: pytest.Pytester) -> None:
    verdict = tried(pytester, 1, right=False)
    [check] = verdict.checks
    assert (check.outcome, check.retried) == (Outcome.FAILED, LOST)
    assert "the box is broken" in check.message
    assert verdict.verdict == "no-go"


def test_a_failure_is_not_tried_again(pytester: pytest.Pytester) -> None:
    verdict = tried(pytester, 0, right=False)
    [check] = verdict.checks
    assert (check.outcome, check.retried, tries(pytester)) == (Outcome.FAILED, "", 1)


def test_trouble_in_cleaning_up_is_tried_again_too(pytester: pytest.Pytester) -> None:
    checks = CHECKS.replace("    trouble(TIMES)", "    yield\n    trouble(1)")
    [check] = tried(pytester, 0, checks=checks.replace('scope="session"', "")).checks
    assert check.outcome is Outcome.PASSED
    assert "while cleaning up after" in check.retried
    assert tries(pytester) == 2


def test_without_a_box_nothing_is_tried_again(pytester: pytest.Pytester) -> None:
    Path(pytester.path / "no-box").touch()
    [check] = tried(pytester, 9).checks
    assert (check.outcome, check.retried) == (Outcome.UNKNOWN, "")
    assert tries(pytester) == 1


def test_a_skip_without_a_word_is_not_tried_again(pytester: pytest.Pytester) -> None:
    skipped = CHECKS.replace("    assert", "    pytest.skip('no mood')\n    assert")
    [check] = tried(pytester, 0, checks=skipped).checks
    assert (check.outcome, check.retried, tries(pytester)) == (Outcome.UNKNOWN, "", 1)
