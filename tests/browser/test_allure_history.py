"""The real Allure 3 over several runs: it knows checks again, and takes no blocked one for another state."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.report.allure import Allure
from harness.report.publish import Publisher
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict
from tests.browser.test_allure_page import CONFTEST

pytestmark = pytest.mark.browser

CHECKS = """
import pytest
from fixtures.checks import block

def mark(identifier, **more):
    return pytest.mark.check(identifier, role="sec", title=f"what {identifier} says", **more)

def files(): pass
def queues(): pass

@mark("SEC-2")
@pytest.mark.parametrize("attempt", [files, queues])
def test_private(attempt): pass

@mark("SEC-2")
def test_keys(): pass

@mark("CE-1")
def test_sometimes():
    assert WORKS

@mark("CE-2")
def test_never_run_before():
    if not WORKS: block("CE-1", "no gatekeeper")

@mark("CE-3")
def test_always_blocked():
    block("CE-9", "none")
"""


@pytest.fixture
def session(tmp_path: Path, allure_3: Allure):
    """Runs the checks, and says what Allure calls each of them: new, fixed, regressed, or nothing."""
    (tmp_path / "conftest.py").write_text(CONFTEST)

    def run(*, works: bool) -> dict[str, str]:
        (tmp_path / "test_checks.py").write_text(f"WORKS = {works}\n{CHECKS}")
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"]
        subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
        found = RunDir(tmp_path / "run")
        publisher = Publisher(found, allure_3)
        publisher(Verdict.from_json(found.verdict_json.read_text()))
        assert publisher.error is None
        return _transitions(found.allure_report)

    return run


def _transitions(report: Path) -> dict[str, str]:
    shown = {}
    for match in re.findall(r"[\"'`]([A-Za-z0-9+/]{40,}={0,2})[\"'`]", report.read_text()):
        try:
            content = json.loads(base64.b64decode(match))
        except ValueError:
            continue
        if isinstance(content, dict) and "historyId" in content and "fullName" in content:
            case = "".join(f" [{each['value']}]" for each in content["parameters"])
            shown[content["name"].partition(" what")[0] + (case or _words(content))] = content.get(
                "transition", ""
            )
    return shown


def _words(content: dict) -> str:
    return " [keys]" if "test_keys" in content["fullName"] else ""


def test_nothing_is_new_in_the_second_run_and_nothing_fixed_that_was_only_blocked(session):
    first, second, third, fourth = (session(works=works) for works in (False, False, True, True))
    names = {"SEC-2 [files]", "SEC-2 [queues]", "SEC-2 [keys]", "CE-1", "CE-2", "CE-3"}
    assert first.keys() == second.keys() == third.keys() == names
    assert set(first.values()) == {"new"}
    assert set(second.values()) == {""}
    assert third == dict.fromkeys(names, "") | {"CE-1": "fixed", "CE-2": "new"}
    assert set(fourth.values()) == {""}
