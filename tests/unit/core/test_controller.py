"""The end of a session with failures: what is found is told before anything that takes its time."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import controller
from fixtures.controller import Controller
from harness.box import evidence
from harness.diagnosis.finding import Finding, Findings
from harness.report.collect import RUN, Collector
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict

DNS = Finding(link="dns", what="names lead nowhere", words=("names",), told_by="DNS-1")


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was done, in its order: verdicts that were told, and words."""
    said: list[object] = []
    run = RunDir.create(tmp_path, elsewhere=tmp_path / "run")
    collector = Collector(run, said.append, early=said.append)
    config: Any = SimpleNamespace(
        option=SimpleNamespace(reports="", regardless=False),
        stash={RUN: run},
        pluginmanager=SimpleNamespace(get_plugin=lambda name: collector),
    )
    lease = SimpleNamespace(directory=tmp_path)
    owner: Any = SimpleNamespace(started=0.0)
    made = Controller(config, SimpleNamespace(lease=lease), owner, None)  # type: ignore[arg-type]
    made.diagnosis = SimpleNamespace(end=lambda *_: said.append("look"), findings=Findings((DNS,)))  # type: ignore[assignment]
    monkeypatch.setattr(controller, "silent_services", lambda _: said.append("services"))
    monkeypatch.setattr(evidence, "collect", lambda *_: said.append("evidence"))
    made._evidence(SimpleNamespace(pace=1.0))  # type: ignore[arg-type]
    return said


def test_findings_stand_in_the_report_before_evidence_is_gathered(done: list[object]) -> None:
    assert [each if isinstance(each, str) else "report" for each in done] == [
        "look",
        "report",
        "services",
        "evidence",
    ]
    [told] = [each for each in done if isinstance(each, Verdict)]
    assert ([finding.id for finding in told.findings], told.verdict) == (["dns"], "no-go")
