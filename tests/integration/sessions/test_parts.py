"""The two parts of a run: checks that share the box, and those that are done one after another."""

import json
from typing import Any

import pytest

from tests.integration.sessions.conftest import PATIENCE

pytest_plugins = ["pytester"]

CONFTEST = """
import json, os, time
import pytest
pytest_plugins = ["fixtures.checks", "fixtures.box"]

@pytest.fixture
def box():
    "A fake: these tests are about the order of checks alone."

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    note(item, "begin")

def pytest_runtest_teardown(item):
    note(item, "end")

def note(item, what):
    with open("order.jsonl", "a") as file:
        file.write(json.dumps([item.name, what]) + "\\n")
"""
CHECKS = """
import os, time, signal
import pytest

@pytest.mark.alone
def test_moves(box):
    time.sleep(0.1)
    assert os.environ.get("FAILS") != "moves"
    if os.environ.get("DIES") == "moves":
        os.kill(os.getpid(), signal.SIGKILL)

@pytest.mark.parametrize("number", range(6))
def test_shared(box, number):
    time.sleep(0.1 * number)

@pytest.mark.alone
def test_stops(box):
    time.sleep(0.1)

@pytest.mark.alone(before="X-2")
def test_fills(box):
    time.sleep(0.1)

@pytest.mark.together("a chain")
def test_first(box):
    time.sleep(0.1)

@pytest.mark.together("a chain")
@pytest.mark.check("X-2", role="wn", title="waits for time to pass")
def test_second(box):
    time.sleep(0.1)

def test_dies(box):
    if os.environ.get("DIES") == "shared":
        os.kill(os.getpid(), signal.SIGKILL)

def test_fails(box):
    assert os.environ.get("FAILS") != "shared"

@pytest.mark.early
def test_waits_long(box):
    time.sleep(0.3)
"""
TURNS = ["test_first", "test_fills", "test_second", "test_moves", "test_stops"]
"""In their order: those that stop or move something come last, but for one that fills another's time."""
SHARED = 9
Order = list[tuple[str, str]]


def run(suite: pytest.Pytester, workers: str, *options: str) -> tuple[Any, Order]:
    split = [] if workers == "-n0" else ["--part=shared"]
    done = suite.runpytest_subprocess(workers, *split, *options, timeout=PATIENCE)
    journal = suite.path / "order.jsonl"
    lines = journal.read_text().splitlines() if journal.exists() else []
    return done, [tuple(json.loads(line)) for line in lines]


def assert_in_turn(order: Order, begun: list[str]) -> None:
    """No two of the second part at once; and none beside the first part, on whose box they are."""
    last = [index for index, (name, _) in enumerate(order) if name not in TURNS]
    assert [name for name, what in order if name in TURNS and what == "begin"] == begun
    rest = order[last[-1] + 1 :] if last else order
    assert [what for _, what in rest] == ["begin", "end"] * len(begun)


@pytest.mark.parametrize("workers", ["-n1", "-n4"])
def test_both_parts_are_one_session_that_begins_with_what_takes_long(
    suite: pytest.Pytester, workers: str
) -> None:
    done, order = run(suite, workers)
    done.assert_outcomes(passed=SHARED + len(TURNS))
    assert done.ret == 0
    assert_in_turn(order, TURNS)
    begun = [name for name, what in order if what == "begin"]
    # Workers begin at the same moment: among the first of each.
    assert "test_waits_long" in begun[: int(workers[2:])]


def test_without_workers_there_is_one_part(suite: pytest.Pytester) -> None:
    done, order = run(suite, "-n0")
    done.assert_outcomes(passed=SHARED + len(TURNS))
    assert [name for name, what in order if what == "begin"][-2:] == TURNS[-2:]


@pytest.mark.parametrize("workers", ["-n1", "-n4"])
def test_a_worker_that_dies_takes_one_check_along(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("DIES", "shared")
    done, order = run(suite, workers)
    done.assert_outcomes(passed=SHARED - 1 + len(TURNS), failed=1)
    assert_in_turn(order, TURNS)


@pytest.mark.parametrize("where", ["shared", "moves"])
def test_a_check_that_fails_in_either_part_fails_the_session(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("FAILS", where)
    done, order = run(suite, "-n2")
    done.assert_outcomes(passed=SHARED - 1 + len(TURNS), failed=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert_in_turn(order, TURNS)


def test_what_was_reported_before_the_second_part_died_counts(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIES", "moves")
    done, _ = run(suite, "-n2")
    done.assert_outcomes(passed=SHARED + 3)


def test_after_exit_first_the_second_part_is_not_begun(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILS", "shared")
    _, order = run(suite, "-n2", "-x")
    assert not [name for name, _ in order if name in TURNS]


@pytest.mark.parametrize(("words", "begun"), [("moves or stops", TURNS[3:]), ("fails", [])])
def test_checks_of_one_part_alone(suite: pytest.Pytester, words: str, begun: list[str]) -> None:
    done, order = run(suite, "-n2", "-k", words)
    done.assert_outcomes(passed=len(begun) or 1)
    assert done.ret == 0
    assert_in_turn(order, begun)


def test_nothing_chosen(suite: pytest.Pytester) -> None:
    done, order = run(suite, "-n2", "-k", "nothing_of_that_name")
    assert done.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert order == []
