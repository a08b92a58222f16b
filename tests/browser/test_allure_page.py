"""A real run's Allure report in a browser: made by the real Allure 3, from a session of a few checks."""

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.report.publish import Publisher
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict
from tests.unit.report.samples import Samples

pytestmark = pytest.mark.browser

CONFTEST = """
from pathlib import Path
import pytest
pytest_plugins = ["fixtures.checks"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        from harness.report.attach import attach
        from harness.report.rundir import RunDir

        run = RunDir.create(Path("runs"), elsewhere=Path("run"))
        attach(config, run, lambda verdict: run.verdict_json.write_text(verdict.to_json()))
"""
CHECKS = """
import allure
import pytest
from fixtures.checks import block
from harness.errors import CheckFailed, HarnessError

KEY = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0\\n-----END PRIVATE KEY-----"


@pytest.mark.check("CE-1", role="ce", title="globus-job-run prints the CE's name", severity="critical")
def test_passes():
    with allure.step("ui$ globus-job-run xencenode.sytes.net /bin/hostname"):
        allure.attach(f"xencenode {KEY}", "stdout", allure.attachment_type.TEXT)


@pytest.mark.check("CE-2", role="ce", title="The CE is published")
def test_fails():
    raise CheckFailed(f"no queue is published {KEY}", where="xencenode")


@pytest.mark.check("CE-3", role="ce", title="A job from outside")
def test_blocked():
    block("CE-2", "nothing is published")


@pytest.mark.check("WN-1", role="wn", title="Every WN is free")
def test_lost():
    raise HarnessError("ssh went away")
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunDir:
    """A run of which everything but the reports is there."""
    top = tmp_path_factory.mktemp("session")
    (top / "conftest.py").write_text(CONFTEST)
    (top / "test_checks.py").write_text(CHECKS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"]
    subprocess.run(command, cwd=top, capture_output=True, timeout=60, check=False)
    return RunDir(top / "run")


@pytest.fixture(scope="module")
def report(run, allure_3) -> Path:
    """The Allure report of the second of two runs, for all who read it."""
    found = Verdict.from_json(run.verdict_json.read_text())
    verdict = Samples().verdict(found.checks)
    for _ in range(2):
        publisher = Publisher(run, allure_3)
        publisher(verdict)
        assert publisher.error is None
        assert publisher.scrubbed.count == 0
    return run.allure_report


def test_the_report(browser, report, allure_3):
    words = browser.words(report)
    expected = [
        "Grid in a Box: ICEAGE-GRIDBOX",
        "Computing element",
        "Worker nodes",
        "CE-1 globus-job-run prints the CE's name",
        "CE-2 The CE is published",
        "CE-3 A job from outside",
        "203.0.113.10",
        "no-go",
    ]
    assert [each for each in expected if each not in words] == []
    assert len(allure_3.history.read_text().splitlines()) == 2


def test_the_report_is_one_file_that_loads_nothing(report):
    page = report.read_text()
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"'](?!data:)[^\"']*", page) == []


def test_categories_tell_the_box_from_the_harness(browser, report):
    # Allure's own start page lists results; the categories have an address of their own.
    data = "".join(_packed(report))
    for category in ("The box is broken", "Blocked by something reported already", "The harness is broken"):
        assert category in data


def test_no_key_is_packed_into_the_report(report):
    packed = list(_packed(report))
    assert any("globus-job-run" in text for text in packed)
    assert [text for text in packed if "MIIE" in text or "BEGIN PRIVATE" in text] == []


def test_the_page_beside_it_links_to_it(browser, run, report):
    words = browser.words(run.verdict_html)
    assert "NO-GO" in words
    assert "Every command and its output" in words
    assert f'href="{report.relative_to(run.path)}"' in run.verdict_html.read_text()


def _packed(report: Path):
    """What Allure keeps in its page as base64, one text for each file."""
    for match in re.findall(r"[\"'`]([A-Za-z0-9+/]{40,}={0,2})[\"'`]", report.read_text()):
        try:
            yield base64.b64decode(match).decode()
        except ValueError:
            continue
