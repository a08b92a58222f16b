"""The way of a check's warnings into the verdict."""

import pytest

from tests.unit.report.projects import run

pytest_plugins = ["pytester"]

WARNS = """
import pytest
from harness.checks import notice

KEY = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0\\n-----END PRIVATE KEY-----"

@pytest.mark.check("TIME-1", role="time", title="clocks")
@pytest.mark.parametrize("node", ["ce", "se", "ui"])
def test_clock(node, request):
    if node != "ui":
        notice.warn(request.node, [f"{node} is slow {KEY}"], f"set it {KEY}")
    assert not {fails}

@pytest.mark.check("CE-1", role="ce", title="one")
def test_1(): pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("fails", "remedy"), [("0", "set it [private key removed]"), ("node == 'ui'", "")])
def test_warnings(project, workers, fails, remedy):
    """They reach the verdict from all cases of a check, whatever becomes of it, and without secrets."""
    verdict = run(project, WARNS.replace("{fails}", fails), "-n", workers)
    assert verdict.verdict == ("no-go" if remedy == "" else "go")
    (warned,) = verdict.warned
    slow = [f"{node} is slow [private key removed]" for node in ("ce", "se")]
    assert (warned.id, sorted(warned.warnings), warned.remedy) == ("TIME-1", slow, remedy)
    written = (project.path / "run" / "junit.xml").read_text()
    assert written.count('<property name="warning" value="ce is slow [private key removed]"') == 1
