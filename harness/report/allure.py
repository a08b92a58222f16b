"""The Allure report: what Allure is told about a run, and the making of its one page with Allure 3."""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import durable, filelock
from harness.errors import HarnessError
from harness.report.allurelog import ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.report.rundir import RunDir
    from harness.report.verdict import Finding, Verdict

CONFIG = Path(__file__).parents[2] / "reports" / "allurerc.mjs"
HISTORY = CONFIG.with_name("history.jsonl")
"""One line for each run on this machine; Allure draws its trends from it."""
_COUNTING = re.compile(
    r'<script async src="https://www\.googletagmanager\.com/[^"]*"></script>\s*'
    r"<script>\s*window\.dataLayer\b.*?</script>\s*",
    re.DOTALL,
)
KEPT = 50
"""Runs of the history; reports/allurerc.mjs has the same number."""
NOT_JUDGED = (None, "skipped", "unknown")
"""Allure's statuses of what was not run to its end."""
LIMIT = 120.0
"""Seconds that Allure may take; on two cores a report of fifty checks takes about three."""

TURNS = 10 * LIMIT
"""Seconds for those of other boxes, which are made one after another."""


@dataclass(frozen=True)
class Allure:
    """Allure 3 on this machine; ``command`` is what a person would type for ``allure``."""

    command: tuple[str, ...]
    history: Path = HISTORY

    def generate(self, run: RunDir, *, name: str, findings: Iterable[Finding] = ()) -> Path:
        """Make the single-file report of ``run`` under the title ``name`` and add the run to the history.

        Each of ``findings`` is a category of its own.

        Raises HarnessError if Allure is missing, fails or takes too long; the history is then as it was.
        """
        with _history(self.history, run) as history:
            self._run(run, name, history, [(each.id, each.summary) for each in findings])
            if not run.allure_report.is_file():
                raise HarnessError("Allure made no report", where=str(run.allure_report))
        _keep_to_itself(run.allure_report)
        return run.allure_report

    def _run(self, run: RunDir, name: str, history: Path, findings: list[tuple[str, str]]) -> None:
        options = ["--config", str(CONFIG), "--cwd", str(run.path)]
        environment = os.environ | {
            "ICEBOX_ALLURE_OUTPUT": str(run.allure_report.parent),
            "ICEBOX_ALLURE_HISTORY": str(history),
            "ICEBOX_ALLURE_NAME": name,
            "ICEBOX_ALLURE_FINDINGS": json.dumps(findings),
            "ALLURE_NO_ANALYTICS": "true",
        }
        try:
            done = subprocess.run(
                [*self.command, "generate", *options, run.allure_results.name],
                cwd=run.path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except OSError as error:
            raise HarnessError(
                "cannot run Allure",
                where=self.command[0],
                why=str(error.strerror),
                remedy="run `./icebox setup`, which installs it",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise HarnessError(f"Allure did not end within {LIMIT:g} s", where=str(run.path)) from error
        if done.returncode != 0:
            last = "\n".join(done.stdout.strip().splitlines()[-10:])
            what = f"Allure ended with exit code {done.returncode}"
            raise HarnessError(what, where=str(run.path), why=last)


def _keep_to_itself(report: Path) -> None:
    """Take out the call to a counting service, which Allure 3.18 puts in and offers no switch for."""
    page = report.read_text(encoding="utf-8")
    report.write_text(_COUNTING.sub("", page), encoding="utf-8")


def describe(run: RunDir, verdict: Verdict, *, executor: Mapping[str, str]) -> None:
    """Write what Allure shows beside the checks: the environment and who ran them.

    ``executor`` has Allure's keys, such as ``name``, ``buildName`` and ``buildUrl``.
    """
    run.allure_results.mkdir(exist_ok=True)
    lines = [f"{_escaped(key)} = {value}" for key, value in _environment(verdict).items()]
    (run.allure_results / "environment.properties").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (run.allure_results / "executor.json").write_text(json.dumps(dict(executor), indent=2), encoding="utf-8")


def executor(environment: Mapping[str, str], *, host: str, run: str) -> dict[str, str]:
    """Who ran the checks, by the variables that CI services set; a person at ``host`` if there are none."""
    if environment.get("GITHUB_ACTIONS"):
        base = f"{environment.get('GITHUB_SERVER_URL', '')}/{environment.get('GITHUB_REPOSITORY', '')}"
        number = environment.get("GITHUB_RUN_NUMBER", "")
        url = f"{base}/actions/runs/{environment.get('GITHUB_RUN_ID', '')}"
        return _ci("GitHub Actions", "github", number, url)
    if environment.get("GITLAB_CI"):
        number, url = environment.get("CI_PIPELINE_IID", ""), environment.get("CI_JOB_URL", "")
        return _ci("GitLab CI", "gitlab", number, url)
    if environment.get("JENKINS_URL"):
        number, url = environment.get("BUILD_NUMBER", ""), environment.get("BUILD_URL", "")
        return _ci("Jenkins", "jenkins", number, url)
    return {"name": host, "type": "local", "buildName": run, "reportName": run}


def _ci(name: str, kind: str, number: str, url: str) -> dict[str, str]:
    return {"name": name, "type": kind, "buildName": f"#{number}", "buildOrder": number, "buildUrl": url}


def _environment(verdict: Verdict) -> dict[str, str]:
    """The verdict in brief, then the box: what tells this run from another."""
    dom0 = verdict.box.get("dom0", {})
    facts = {
        "Verdict": verdict.verdict.value,
        "Box": verdict.box.get("name"),
        "Site": verdict.box.get("site"),
        "VO": verdict.box.get("vo"),
        "Dom0": dom0.get("kind"),
        "Public address": dom0.get("public_address"),
        "Bridge": dom0.get("bridge"),
        # Their versions would drown all else; they are in verdict.json and verdict.html.
        "Packages in the image": len(verdict.image),
    }
    nodes = {
        node["name"]: f"{node['role'].upper()} {node['address']}" for node in verdict.box.get("nodes", ())
    }
    return {key: str(value) for key, value in (facts | nodes).items() if value}


def _escaped(key: str) -> str:
    """A key of a Java properties file, in which a space or colon would end it."""
    return key.replace(":", "\\:").replace("=", "\\=").replace(" ", "\\ ")


@contextmanager
def _history(shared: Path, run: RunDir) -> Iterator[Path]:
    """A copy of the history for Allure to add to; what it adds is added to ``shared`` if the body succeeds.

    Boxes side by side take turns; raises WaitError.  Lines that are not JSON, as a killed Allure of old may
    have left, are dropped, because Allure would stop at them.
    """
    shared.parent.mkdir(parents=True, exist_ok=True)
    copy = run.path / ".history.jsonl"
    with shared.with_suffix(".lock").open("w") as lock:
        filelock.take(lock, "reports of other boxes to be made", TURNS, shared, pause=0.05)
        try:
            before = list(_json_lines(shared))
            copy.write_text(_text(_without_never_run(before, _now_run(run))), encoding="utf-8")
            known = {json.dumps(each) for each in _json_lines(copy)}
            yield copy
            added = [each for each in _json_lines(copy) if json.dumps(each) not in known]
            durable.write(shared, _text([*before, *added][-KEPT:]))
        finally:
            copy.unlink(missing_ok=True)


def _without_never_run(points: list[Any], now_run: set[str]) -> list[Any]:
    """The history without the tests of ``now_run`` that no run of it got as far as to judge.

    Allure calls fixed what passes, and regressed what fails, after runs in which it was only blocked: it
    takes those for another state.  Without them it is new, as it is.
    """
    judged = {
        name for point in points for name, test in _tests(point) if test.get("status") not in NOT_JUDGED
    }
    fresh = {name for point in points for name, test in _tests(point) if _case(test) in now_run} - judged
    return [
        {**point, "testResults": {name: test for name, test in _tests(point) if name not in fresh}}
        if any(name in fresh for name, _ in _tests(point))
        else point
        for point in points
    ]


def _tests(point: Any) -> Iterable[tuple[str, dict[str, Any]]]:
    """What a run of the history says of each test, by the name that Allure knows it by."""
    found = point.get("testResults") if isinstance(point, dict) else None
    return [item for item in (found or {}).items() if isinstance(item[1], dict)]


def _case(test: Mapping[str, Any]) -> str:
    """What tells a test from all others, in Allure's history as in its results."""
    labels = {label.get("name"): label.get("value") for label in test.get("labels") or ()}
    return str(labels.get(ID) or test.get("fullName"))


def _now_run(run: RunDir) -> set[str]:
    """The tests that this run judged, one way or the other."""
    results = [
        json.loads(path.read_text(encoding="utf-8")) for path in run.allure_results.glob("*-result.json")
    ]
    return {_case(result) for result in results if result.get("status") not in NOT_JUDGED}


def _text(points: list[Any]) -> str:
    return "".join(f"{json.dumps(point, ensure_ascii=False)}\n" for point in points)


def _json_lines(path: Path) -> Iterator[Any]:
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
