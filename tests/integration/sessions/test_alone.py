"""The order of checks: long ones first; those that stop or move things last, with nobody beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
CONFTEST = f"""
import sys, json, os, time
import pytest
sys.path.insert(0, {str(ROOT)!r})
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
        file.write(json.dumps([item.name.partition("@")[0], what]) + "\\n")
"""
CHECKS = """
import os, time, signal
import pytest

@pytest.mark.alone
def test_moves(box):
    time.sleep(0.1)

@pytest.mark.parametrize("number", range(6))
def test_shared(box, number):
    time.sleep(0.1 * number)

@pytest.mark.alone
def test_stops(box):
    time.sleep(0.1)

def test_dies(box):
    if os.environ.get("DIES"):
        os.kill(os.getpid(), signal.SIGKILL)

def test_fails(box):
    assert not os.environ.get("FAILS")

@pytest.mark.early
def test_waits_long(box):
    time.sleep(0.3)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_some=CHECKS)
    pytester.makeini(
        "[pytest]\naddopts = -p no:cacheprovider --strict-markers\n"
        "markers =\n  alone: stops or moves something\n  early: takes long\n"
    )
    monkeypatch.setenv("ICEBOX_HOME", str(pytester.path / "home"))
    return pytester


def run(suite: pytest.Pytester, *options: str) -> tuple[Any, list[tuple[str, str]]]:
    done = suite.runpytest_subprocess("--dist=loadgroup", *options, timeout=60)
    journal = suite.path / "order.jsonl"
    lines = journal.read_text().splitlines() if journal.exists() else []
    return done, [tuple(json.loads(line)) for line in lines]


ALONE = {"test_moves", "test_stops"}


def assert_alone_at_last(order: list[tuple[str, str]]) -> None:
    """From the first check that runs alone on nothing else runs, and no two at once."""
    first = next(index for index, (name, _) in enumerate(order) if name in ALONE)
    rest = order[first:]
    assert {name for name, _ in rest} == ALONE
    assert [what for _, what in rest] == ["begin", "end"] * len(ALONE)


@pytest.mark.parametrize("workers", ["-n0", "-n1", "-n4"])
def test_last_and_alone(suite: pytest.Pytester, workers: str) -> None:
    done, order = run(suite, workers)
    done.assert_outcomes(passed=11)
    assert_alone_at_last(order)


@pytest.mark.parametrize("workers", ["-n1", "-n2", "-n4"])
def test_also_after_a_dead_worker(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("DIES", "1")
    done, order = run(suite, workers)
    done.assert_outcomes(passed=10, failed=1)
    assert_alone_at_last(order)


@pytest.mark.parametrize("workers", ["-n0", "-n4"])
def test_not_at_all_after_exit_first(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("FAILS", "1")
    _, order = run(suite, workers, "-x")
    assert not [name for name, _ in order if name in ALONE]


def test_only_checks_that_run_alone(suite: pytest.Pytester) -> None:
    done, order = run(suite, "-n4", "-k", "moves or stops")
    done.assert_outcomes(passed=2)
    assert_alone_at_last(order)


@pytest.mark.parametrize("workers", ["-n0", "-n4"])
def test_what_takes_long_begins_first(suite: pytest.Pytester, workers: str) -> None:
    _, order = run(suite, workers)
    begun = [name for name, what in order if what == "begin"]
    # Workers begin at the same moment: among the first of each.
    assert "test_waits_long" in begun[: max(1, int(workers[2:]))]
