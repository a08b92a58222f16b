"""The line of progress that each check gets as it ends."""

from __future__ import annotations

import pytest

from tests.unit.report.projects import conftest

pytest_plugins = ["pytester"]
CONFTEST = conftest("""\
from fixtures.progress import Progress
from harness.console import Console, Style

config.pluginmanager.register(Progress(Console(open("progress", "w"), style=Style.PLAIN)))
""")
CHECKS = """
import pytest
SEC_1 = pytest.mark.check("SEC-1", role="sec", title="strangers stay out")

@SEC_1
@pytest.mark.parametrize("flaw", ["CE, expired", "SE, revoked"])
def test_refused(flaw):
    assert "CE" in flaw, "let in"

@SEC_1
def test_at_once(): pass

@pytest.mark.check("CE-1", role="ce", title="jobs run")
def test_jobs(): pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_each_case_is_named(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(CHECKS)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", workers)
    shown = (pytester.path / "progress").read_text().splitlines()
    assert sorted(line.rpartition("  ")[0].split(maxsplit=1)[1] for line in shown) == [
        "CE-1    jobs run",
        "SEC-1   strangers stay out [CE, expired]",
        "SEC-1   strangers stay out [SE, revoked]",
        "SEC-1   strangers stay out [at once]",
    ]
