"""A pytest of its own on a few checks, with the plug-ins in place."""

from __future__ import annotations

import textwrap

import pytest

from harness.report.rundir import RunDir
from harness.report.verdict import Verdict


def conftest(configure: str) -> str:
    """A conftest.py with the plug-ins; the controller runs ``configure``, lines about its ``config``."""
    return f"""
from pathlib import Path
import pytest
pytest_plugins = ["fixtures.checks"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if hasattr(config, "workerinput"):
        return
{textwrap.indent(configure, "    ")}
"""


CONFTEST = conftest("""\
from harness.report.attach import attach
from harness.report.publish import Publisher
from harness.report.rundir import RunDir

run = RunDir.create(Path("runs"), elsewhere=Path("run"))
attach(config, run, Publisher(run), lambda: {"timings": {"checks": 1.0}})
""")


def run(project: pytest.Pytester, checks: str, *arguments: str) -> Verdict:
    """Run ``checks`` and read the verdict."""
    project.makepyfile(checks)
    done = project.runpytest_subprocess("-p", "no:cacheprovider", *arguments)
    assert "INTERNALERROR" not in done.stdout.str() + done.stderr.str()
    return Verdict.from_json(RunDir(project.path / "run").verdict_json.read_text())
