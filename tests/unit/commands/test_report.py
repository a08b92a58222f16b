"""What ``./icebox report`` and the end of validate say of a verdict."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.report import exit_code, show
from harness.console import Console
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict
from tests.unit.report.samples import Samples

SAMPLES = Samples()


def said(verdict: Verdict, run: Path) -> str:
    results = io.StringIO()
    show(verdict, RunDir(run), Console(io.StringIO(), results=results))
    return results.getvalue()


def test_go(tmp_path: Path) -> None:
    text = said(SAMPLES.verdict(), tmp_path)
    assert text == (
        f"\nGO: the school can start  (29 of 29 checks passed)\n  page:    {tmp_path}/verdict.html\n"
    )


def test_a_warning_is_said_with_what_to_do(tmp_path: Path) -> None:
    text = said(SAMPLES.warned(), tmp_path)
    assert "GO: the school can start  (29 of 29 checks passed, 1 with a warning)\n" in text
    assert (
        "  warning  TIME-1  Clocks agree\n"
        "           xensenode is 41.2 s behind\n"
        "           do: set its clock with `chronyc makestep`\n"
    ) in text


def test_checks_with_one_story_are_told_together(tmp_path: Path) -> None:
    text = said(SAMPLES.broken(), tmp_path)
    assert "NO-GO: the school can't start yet  (22 of 29 checks passed)\n" in text
    assert "  blocked  WN-3    A batch job is seen running, then done\n  blocked  WN-4 " in text
    assert text.count("no WN is free") == 1
    assert "do: Start the batch client there" in text


@pytest.mark.parametrize(
    ("verdict", "code"), [(SAMPLES.warned(), 0), (SAMPLES.broken(), 1), (SAMPLES.lost(), 3)]
)
def test_exit_codes(verdict: Verdict, code: int) -> None:
    assert exit_code(verdict) == code


def test_a_silent_service_is_named_and_nothing_is_said_where_none_is(tmp_path: Path) -> None:
    broken = SAMPLES.broken()
    assert "Silent when" not in said(broken, tmp_path)
    silent = replace(broken, box={**broken.box, "silent": ["slurmd on xenwnnode"]})
    assert "Silent when the checks ended: slurmd on xenwnnode.\n" in said(silent, tmp_path)
