"""Runs of all checks on one back end, kept below reports/runs for docs/make_backends.py."""

from pathlib import Path

from harness.report.rundir import RunDir
from harness.report.verdict import Outcome, Verdict
from harness.state import checkout


def kept_as(name: str) -> Path:
    """Where a run is kept; the next of its name takes its place."""
    return checkout() / "reports" / "runs" / name


def passed(run_dir: Path, kind: str, hypervisor: str) -> Verdict:
    """The verdict of a run in which each check passed on that back end, whose names it has."""
    verdict = Verdict.from_json(RunDir(run_dir).verdict_json.read_text(encoding="utf-8"))
    assert {check.id: check.message for check in verdict.checks if check.outcome is not Outcome.PASSED} == {}
    assert verdict.checks
    assert verdict.box["dom0"]["kind"] == kind
    assert {node["hypervisor"] for node in verdict.box["nodes"]} == {hypervisor}
    return verdict
