"""Allure knows each check again in the next run, and says of it what the verdict says.

Each test runs a pytest of its own on a few checks, with the plug-ins in place.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.report.projects import pytested, run

pytest_plugins = ["pytester"]

CHECKS = """
import pytest

def files(): pass
def queues(): pass

def mark(function):
    return pytest.mark.check("SEC-2", role="sec", title="private")(function)

@mark
@pytest.mark.parametrize("attempt", [files, queues])
def test_private(attempt): pass

@mark
@pytest.mark.parametrize("attempt", [pytest.param(lambda: None, id="attempt0")])
def test_more(attempt): pass

@mark
def test_keys(): pass

@pytest.mark.check("CE-1", role="ce", title="one")
def test_one(): pass

@pytest.mark.parametrize("made", [lambda: 1, lambda: 2])
def test_no_check(made): pass
"""


def results(project: pytest.Pytester) -> list[dict]:
    found = (project.path / "run" / "allure-results").glob("*-result.json")
    return [json.loads(path.read_text()) for path in found]


def identity(result: dict) -> tuple:
    """By what Allure 3 knows a test again: its label ALLURE_ID, else its name in full; and its parameters."""
    labels = {label["name"]: label["value"] for label in result["labels"]}
    parameters = tuple((each["name"], each["value"]) for each in result.get("parameters", ()))
    return labels.get("ALLURE_ID") or result["fullName"], parameters


def label(result: dict, name: str) -> str:
    return next(each["value"] for each in result["labels"] if each["name"] == name)


def test_two_runs_know_the_same_tests_and_melt_none(project):
    run(project, CHECKS)
    first = Counter(map(identity, results(project)))
    run(project, CHECKS, "-n", "2")
    second = Counter(map(identity, results(project)))
    assert first == second
    assert sum(first.values()) == len(first) == 7
    assert ("SEC-2 [keys]", ()) in first
    # What other readers go by.
    histories = {result["historyId"] for result in results(project)}
    assert len(histories) == 7


def test_cases_that_nothing_tells_apart_are_refused(project):
    mark = '@pytest.mark.check("CE-1", role="ce", title="x")\n@pytest.mark.parametrize("a", [1])\n'
    other = f"import pytest\n{mark}def test_x(a): pass\n"
    project.makepyfile(test_one=other, test_two=other, test_three=other)
    done = pytested(project)
    assert "can't be told apart" in done.stderr.str()


def test_no_test_is_shown_under_the_name_of_a_file(project):
    run(project, CHECKS)
    assert {label(result, "suite") for result in results(project)} == {
        "Security",
        "Computing element",
        "Other tests",
    }
    suite = 'import allure\npytestmark = [allure.suite("Examples")]\ndef test_x(): pass'
    run(project, suite)
    assert {label(result, "suite") for result in results(project)} >= {"Examples"}


ENDS = """
import os, pytest, time

@pytest.mark.check("CE-1", role="ce", title="one")
def test_1(): pass

@pytest.mark.check("CE-2", role="ce", title="two", learns="what two is")
@pytest.mark.parametrize("case", ["only"])
def test_2(case): {second}

@pytest.mark.check("CE-3", role="ce", title="three")
def test_3(): pass
"""


@pytest.mark.parametrize(
    ("second", "options"),
    [
        ("os._exit(1)", ["-n", "1"]),
        ("raise KeyboardInterrupt", []),
        ("assert False", ["-x"]),
        ("pytest.skip('blocked by CE-1: no')", []),
    ],
)
def test_whatever_becomes_of_a_check_allure_and_the_verdict_say_the_same(project, second, options):
    verdict = run(project, ENDS.format(second=second), *options, apart="Interrupt" in second)
    written = results(project)
    told = {label(each, "ALLURE_ID").partition(" ")[0]: each for each in written}
    assert len(written) == len(told) == 3
    assert {name: label(each, "outcome") for name, each in told.items()} == {
        check.id: check.outcome.value for check in verdict.checks
    }
    second_result = told["CE-2"]
    assert second_result["name"] == "CE-2 two [only]"
    assert second_result["status"] != "passed"
    assert label(second_result, "suite") == "Computing element"
    assert second_result["parameters"] == [{"name": "case", "value": "only"}] or [
        (each["name"], each["value"]) for each in second_result["parameters"]
    ] == [("case", "only")]
    assert second_result["description"] == "what two is"


def test_half_a_result_of_a_killed_writer_is_written_anew(project, tmp_path):
    half = Path("run/allure-results/x-result.json")
    checks = ENDS.format(second=f"open({str(project.path / half)!r}, 'w').write('{{\"na'); os._exit(1)")
    run(project, checks, "-n", "1")
    assert len(results(project)) == 3
