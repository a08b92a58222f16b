"""One ``./icebox validate`` on a prepared machine, watched."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.session import Session, box_name
from bench.timeline import Timeline, watch
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict
from harness.state import checkout

STAGES = (
    "start, workers, collection",
    "certificates and layers",
    "dom0",
    "outside and names",
    "nodes",
    "checks",
    "workers end",
    "removal",
    "report and verdict",
)
"""What a validate consists of, in order; together they are its whole length."""


@dataclass(frozen=True)
class ValidateRun:
    """A finished validate."""

    timeline: Timeline
    verdict: Verdict
    stages: Mapping[str, float]


def run(session: Session, environment: Mapping[str, str] | None = None, box: str = "") -> ValidateRun:
    """Validate a box that is up, or the default site under a name of our own; raises HarnessError without a
    verdict."""
    directory = session.directory()
    words = [str(checkout() / "icebox"), "--no-install", "validate"]
    words += ["--box", box or box_name(), "--run-dir", str(directory)]
    timeline = watch(words, directory.with_suffix(".log"), environment=environment, allowed=(0, 1, 3))
    run_dir = RunDir(directory)
    verdict = Verdict.from_json(run_dir.verdict_json.read_text(encoding="utf-8"))
    return ValidateRun(timeline, verdict, stages(timeline))


def stages(timeline: Timeline) -> dict[str, float]:
    """Seconds of each of STAGES; what lies between two shown stages counts to the later one."""
    ends = [
        timeline.begun("certificates and layers"),
        timeline.ended("certificates and layers"),
        timeline.ended("dom0"),
        timeline.ended("outside and names"),
        timeline.ended(next((title for title in _node_titles(timeline)), "nodes")),
        timeline.last_check(),
        timeline.begun("remove"),
        timeline.ended("remove"),
        timeline.seconds,
    ]
    spans, before = {}, 0.0
    for title, end in zip(STAGES, ends, strict=True):
        # A stage that was not shown took no time of its own.
        end = max(before, end)
        spans[title] = end - before
        before = end
    return spans


def _node_titles(timeline: Timeline) -> list[str]:
    """``5 nodes``: the number is the site's."""
    shown = (mark.text.strip("… ") for mark in timeline.marks if mark.text.startswith("  … "))
    return [title for title in shown if title.endswith(" nodes")]
