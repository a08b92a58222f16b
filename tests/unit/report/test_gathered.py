"""The page over a run's evidence, and the ways that lead there."""

import json
import re
from pathlib import Path

import pytest

from harness.report import gathered
from harness.report.page import render
from harness.report.rundir import RunDir
from harness.report.verdict import Answer, CheckResult, Outcome, Verdict
from tests.unit.report.projects import REPORTING, conftest, run

pytest_plugins = ["pytester"]


@pytest.fixture
def made(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path)
    for name in ("xencenode-journal.txt", "turns/xencenode.xml", "CE-1/x/job.txt", "CE-1/y/a b&c.txt"):
        path = run.evidence / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 2000)
    return run


def test_every_file_stands_on_it_once_and_leads_there(made: RunDir) -> None:
    gathered.index(made.evidence)
    page = (made.evidence / gathered.INDEX).read_text()
    assert re.findall(r'<li><a href="([^"]+)">', page) == [
        "xencenode-journal.txt",
        "turns/xencenode.xml",
        "CE-1/x/job.txt",
        "CE-1/y/a%20b%26c.txt",
    ]
    assert page.count('id="CE-1"') == 1
    assert "2 kB" in page


def test_a_page_that_is_made_again_does_not_name_itself(made: RunDir) -> None:
    for _ in range(2):
        gathered.index(made.evidence)
    assert 'href="index.html"' not in (made.evidence / gathered.INDEX).read_text()


def test_without_evidence_nothing_leads_there(tmp_path: Path) -> None:
    gathered.index(tmp_path / "evidence")
    assert gathered.of(RunDir(tmp_path)) == ""
    assert "What all machines wrote" not in render(_verdict())


def _verdict() -> Verdict:
    failed = CheckResult("CE-1", "x", "ce", Outcome.FAILED, message="xencenode: no answer")
    return Verdict(Answer.NO_GO, (failed,))


def test_the_verdict_s_page_leads_to_the_check_s_own_part() -> None:
    assert 'href="evidence/index.html#CE-1"' in render(_verdict(), evidence="evidence/index.html")


CHECKS = """
import pytest

@pytest.mark.check("CE-1", role="ce", title="x")
def test_x(): assert False, "broken"

@pytest.mark.check("CE-2", role="ce", title="y")
def test_y(): pass
"""
GATHERED = """\
run.evidence.mkdir()
(run.evidence / "xencenode-journal.txt").write_text("a journal")
"""


def test_allure_leads_there_from_each_failure_alone(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(conftest(REPORTING + GATHERED))
    run(pytester, CHECKS)
    results = [json.loads(path.read_text()) for path in (pytester.path / "run").rglob("*-result.json")]
    links = {result["name"]: [each["url"] for each in result.get("links", ())] for result in results}
    assert links == {"CE-1 x": ["../evidence/index.html"], "CE-2 y": []}
    assert (pytester.path / "run/evidence/index.html").exists()
