"""The line of progress that each check gets as it ends."""

import json
from pathlib import Path

import pytest

from fixtures.progress import HEARD, Progress
from harness.console import Console, Style
from harness.report.mark import PROPERTY
from tests.unit.report.projects import conftest, pytested

pytest_plugins = ["pytester"]
CONFTEST = conftest("""\
from fixtures.progress import Progress
from harness.console import Console, Style

file = open("progress", "w")
config.add_cleanup(file.close)
config.pluginmanager.register(Progress(Console(file, style=Style.PLAIN)))
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
    pytested(pytester, "-p", "no:cacheprovider", "-n", workers)
    shown = (pytester.path / "progress").read_text().splitlines()
    assert sorted(line.rpartition("  ")[0].split(maxsplit=1)[1] for line in shown) == [
        "CE-1    jobs run",
        "SEC-1   strangers stay out [CE, expired]",
        "SEC-1   strangers stay out [SE, revoked]",
        "SEC-1   strangers stay out [at once]",
    ]


def test_what_another_process_has_shown_is_not_shown_again(tmp_path: Path) -> None:
    check = {"id": "BOX-1", "title": "all is back", "outcome": "passed", "seconds": 1.0}
    report = pytest.TestReport("a", ("a", 0, "a"), {}, "passed", None, "teardown")
    report.user_properties = [(PROPERTY, json.dumps(check))]
    with (tmp_path / "progress").open("w") as file:
        progress = Progress(Console(file, style=Style.PLAIN))
        progress.pytest_runtest_logreport(report)
        setattr(report, HEARD, True)
        progress.pytest_runtest_logreport(report)
    assert (tmp_path / "progress").read_text().count("BOX-1") == 1
