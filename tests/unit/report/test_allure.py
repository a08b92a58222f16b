"""What Allure is told, and what happens when it fails.  tests/browser makes a report with the real Allure."""

import fcntl
import json
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.report.allure import KEPT, Allure, describe, executor
from harness.report.publish import Publisher
from harness.report.rundir import RunDir
from harness.state import checkout
from tests.unit.killing import killed_while_writing

GTAG = """<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
    <script>
        window.dataLayer = window.dataLayer || [];
        gtag('config', 'G-1');
    </script>"""


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path / "runs")


@pytest.fixture
def fake(tmp_path: Path):
    """Makes an Allure that is a shell script."""

    def make(script: str) -> Allure:
        path = tmp_path / "allure"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return Allure((str(path),), history=tmp_path / "history.jsonl")

    return make


WORKS = f"""
mkdir -p "$ICEBOX_ALLURE_OUTPUT"
cat > "$ICEBOX_ALLURE_OUTPUT/index.html" <<'END'
<p>kept</p>{GTAG}<script>kept()</script>
END
echo '{{"run": 1}}' >> "$ICEBOX_ALLURE_HISTORY"
echo "$@" > "$ICEBOX_ALLURE_OUTPUT/arguments"
"""


def test_describe(run, samples):
    describe(run, samples.broken(), executor={"name": "ci", "buildName": "#5"})
    properties = (run.allure_results / "environment.properties").read_text()
    assert "Verdict = no-go\n" in properties
    assert "Public\\ address = 203.0.113.10\n" in properties
    assert "xencenode = CE 192.168.1.2\n" in properties
    assert json.loads((run.allure_results / "executor.json").read_text())["buildName"] == "#5"


def test_executor():
    assert executor({}, host="grid", run="18-40") == {
        "name": "grid",
        "type": "local",
        "buildName": "18-40",
        "reportName": "18-40",
    }
    github = {"GITHUB_ACTIONS": "1", "GITHUB_RUN_NUMBER": "7", "GITHUB_RUN_ID": "9"}
    place = {"GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "a/b"}
    found = executor(github | place, host="x", run="y")
    assert (found["buildName"], found["buildUrl"]) == ("#7", "https://forge.example/a/b/actions/runs/9")
    assert executor({"GITLAB_CI": "1", "CI_PIPELINE_IID": "3"}, host="x", run="y")["type"] == "gitlab"
    assert executor({"JENKINS_URL": "x", "BUILD_NUMBER": "4"}, host="x", run="y")["buildOrder"] == "4"


def test_the_report_calls_nobody(run, fake):
    page = fake(WORKS).generate(run, name="x").read_text()
    assert page.strip() == "<p>kept</p><script>kept()</script>"


def test_history_is_kept_and_mended(run, fake):
    allure = fake(WORKS)
    allure.history.write_text('{"run": 0}\n{"run": broken by a ki')
    allure.generate(run, name="x")
    assert [json.loads(line) for line in allure.history.read_text().splitlines()] == [{"run": 0}, {"run": 1}]
    assert [path.name for path in run.path.iterdir() if "history" in path.name] == []


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ('echo half >> "$ICEBOX_ALLURE_HISTORY"; echo no such thing; exit 3', "no such thing"),
        ("exit 0", "made no report"),
    ],
)
def test_a_failing_allure_is_a_harness_error_and_leaves_the_history(run, fake, script, what):
    allure = fake(script)
    allure.history.write_text('{"run": 0}\n')
    with pytest.raises(HarnessError) as caught:
        allure.generate(run, name="x")
    assert what in str(caught.value)
    assert allure.history.read_text() == '{"run": 0}\n'


def test_one_that_never_ends_keeps_nobody_waiting_for_ever(run, fake, monkeypatch):
    waiting = fake(WORKS)
    monkeypatch.setattr("harness.report.allure.TURNS", 0.02)
    with waiting.history.with_suffix(".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(HarnessError, match="reports of other boxes to be made"):
            waiting.generate(run, name="x")
    assert waiting.generate(run, name="x").exists()


def test_a_missing_allure_says_how_to_get_one(run, tmp_path):
    with pytest.raises(HarnessError, match="cannot run Allure") as caught:
        Allure((str(tmp_path / "nothing"),), history=tmp_path / "h").generate(run, name="x")
    assert "./icebox setup" in caught.value.remedy


def test_a_failing_allure_takes_nothing_from_the_verdict(run, fake, samples):
    publisher = Publisher(run, fake("exit 1"))
    publisher(samples.verdict())
    assert "exit code 1" in str(publisher.error)
    assert run.verdict_json.exists()
    assert "allure-report" not in run.verdict_html.read_text()


def test_a_verdict_is_whole_or_the_one_before(run, samples):
    publisher = Publisher(run)
    publisher.write(samples.broken())
    before = run.verdict_json.read_text()
    killed_while_writing(run.verdict_json, lambda: publisher.write(samples.verdict()))
    assert run.verdict_json.read_text() == before
    publisher.write(samples.verdict())
    assert json.loads(run.verdict_json.read_text()) != json.loads(before)
    assert not [path for path in run.path.iterdir() if path.suffix == ".new"]


def test_a_report_is_linked_from_the_page(run, fake, samples):
    publisher = Publisher(run, fake(WORKS))
    publisher(samples.verdict())
    assert publisher.error is None
    assert 'href="allure-report/index.html"' in run.verdict_html.read_text()


def test_the_last_look_comes_before_allure_packs_the_results(run, fake, samples):
    (run.allure_results / "x-attachment.txt").write_text("password hunter22")
    copy = 'mkdir -p "$ICEBOX_ALLURE_OUTPUT"; cp allure-results/*.txt "$ICEBOX_ALLURE_OUTPUT/index.html"'
    publisher = Publisher(run, fake(copy), secrets=lambda: ["hunter22"])
    publisher(samples.verdict())
    assert publisher.scrubbed.count == 1
    assert run.allure_report.read_text() == "password [secret removed]"


def test_allure_keeps_as_many_runs_as_we_do():
    assert f"historyLimit: {KEPT}," in (checkout() / "reports" / "allurerc.mjs").read_text()
