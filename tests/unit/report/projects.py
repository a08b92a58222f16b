"""A pytest of its own on a few checks, with the plug-ins in place."""

import textwrap
from contextvars import Context

import pytest

from harness.report.rundir import RunDir
from harness.report.verdict import Verdict


def conftest(configure: str, *more: str) -> str:
    """A conftest.py with plug-ins; the controller runs ``configure``, lines about its ``config``."""
    return f"""
from pathlib import Path
import pytest
pytest_plugins = {["fixtures.checks", *more]}


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if hasattr(config, "workerinput"):
        return
{textwrap.indent(configure, "    ")}
"""


REPORTING = """\
from harness.report.attach import attach
from harness.report.publish import Publisher
from harness.report.rundir import RunDir

run = RunDir.create(Path("runs"), elsewhere=Path("run"))
publisher = Publisher(run)
config.add_cleanup(lambda: Path("scrubbed").write_text(str(publisher.scrubbed.count)))
attach(config, run, publisher, lambda: {"timings": {"checks": 1.0}})
"""
CONFTEST = conftest(REPORTING)


def run(project: pytest.Pytester, checks: str, *arguments: str, apart: bool = False) -> Verdict:
    """Run ``checks`` and read the verdict; ``apart`` for those that end their process, or are interrupted."""
    project.makepyfile(checks)
    done = pytested(project, "-p", "no:cacheprovider", *arguments, apart=apart)
    assert "INTERNALERROR" not in done.stdout.str() + done.stderr.str()
    return Verdict.from_json(RunDir(project.path / "run").verdict_json.read_text())


def pytested(project: pytest.Pytester, *arguments: str, apart: bool = False) -> pytest.RunResult:
    """What became of the project's tests: in this process, which has all plug-ins loaded, or ``apart``.

    In a context of its own, so that nobody out here hears of the commands in there.
    """
    how = project.runpytest_subprocess if apart else project.runpytest_inprocess
    return Context().run(how, *arguments)
