"""Evidence of a failed check: of which nodes, and where it lies."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box import evidence, failure
from harness.command import CommandResult
from harness.dom0.namespace import Namespace
from harness.report.rundir import RunDir
from harness.site import Site
from tests.unit.report.projects import REPORTING, conftest, run

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("places", "message", "services", "found"),
    [
        (["student01@xenuinode"], "xencenode.sytes.net: refused", [], ["xencenode", "xenuinode"]),
        (["outside"], "it came too late", ["slurmd"], ["xencenode", "xenwnnode"]),
        (["outside"], "at the end of a sentence: xensenode.sytes.net.", [], ["xensenode"]),
        (["outside"], "nothing tells", [], []),
    ],
)
def test_the_nodes_that_a_check_rests_on(
    site: Site, places: list[str], message: str, services: list[str], found: list[str]
) -> None:
    assert [node.name for node in failure.nodes_of(site, places, services, message)] == found


def test_no_secret_and_no_trouble(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: object, line: str, timeout: float) -> CommandResult:
        if self.name == site.wn.name:  # type: ignore[attr-defined]
            raise OSError("no such process")
        return CommandResult(line, "node", 0, "hunter22 logged in\n", "", 0.1)

    monkeypatch.setattr(Namespace, "run", run)
    box = SimpleNamespace(
        way_in=lambda node: None if node == site.rb else Namespace(node.name, 1),
        machines=SimpleNamespace(last_words=lambda _node: "its kernel said hunter22"),
        secrets=SimpleNamespace(redact=lambda text: text.replace("hunter22", "***")),
    )
    texts = failure.take(box, [site.ce, site.wn, site.rb], 5.0)  # type: ignore[arg-type]
    assert [text.strip() for text in texts.values()] == [
        "*** logged in",
        "could not be gathered: no such process",
        "the node is down; its kernel said ***",
    ]


CHECKS = """
import pytest
from types import SimpleNamespace
from typing import Any
from fixtures.evidence import BOX
from harness.box import failure
from harness.command import CommandResult, announce
from harness.sitefile import load
from harness.state import checkout
from tests.unit.sites import SITE

def take(box, nodes, seconds):
    assert 0 <= seconds < 600
    return {node: f"log of {node}" for node in nodes}

@pytest.fixture(scope="session", autouse=True)
def before_all():
    announce(CommandResult("hostname", "xenwnnode", 0, "", "", 0.1))

@pytest.fixture
def student(request, monkeypatch):
    box = SimpleNamespace(site=SITE, pace=1.0)
    request.config.stash[BOX] = box
    monkeypatch.setattr(failure, "take", take)
    announce(CommandResult("mktemp", "student01@xenuinode", 0, "", "", 0.1))
    yield
    announce(CommandResult("rm", "student01@xenuinode", 0, "", "", 0.1))

@pytest.mark.check("CE-1", role="ce", title="x")
@pytest.mark.parametrize("way", ["a, b"])
def test_x(student, way):
    announce(CommandResult("qstat", "xencenode", 0, "", "", 0.1))
    assert False, "xensenode is full"

@pytest.mark.check("CE-2", role="ce", title="x")
def test_passes(student): pass

@pytest.mark.check("CE-3", role="ce", title="x")
def test_blocked(student): pytest.skip("blocked by CE-1: x")
"""
CONFTEST = conftest(REPORTING, "fixtures.evidence")


def test_it_is_taken_of_a_failed_check_alone_and_in_allure_too(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    run(pytester, CHECKS)
    directory = RunDir(pytester.path / "run").evidence
    found = {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*.txt")}
    assert found == {
        "CE-1/x-a-b/xencenode.txt": "log of xencenode",
        "CE-1/x-a-b/xensenode.txt": "log of xensenode",
        "CE-1/x-a-b/xenuinode.txt": "log of xenuinode",
        "CE-1/x-a-b/xenwnnode.txt": "log of xenwnnode",
    }
    attached = [path.read_text() for path in (pytester.path / "run").rglob("*-attachment*")]
    assert "log of xensenode" in attached
    # A run that takes the same directory finds nothing of it.
    RunDir.create(pytester.path, elsewhere=pytester.path / "run")
    assert not directory.exists()


def test_evidence_that_can_t_be_taken_hides_no_failure(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    verdict = run(pytester, CHECKS.replace("    return {node", "    1 / 0\n    return {node"))
    assert {check.id: check.outcome.value for check in verdict.checks}["CE-1"] == "failed"
    assert "xensenode is full" in verdict.checks[0].message


def test_every_command_is_a_step_of_the_check_itself_too(pytester: pytest.Pytester) -> None:
    """Those of its fixtures before and after it, and those between."""
    pytester.makeconftest(CONFTEST)
    run(pytester, CHECKS)
    parts: list[dict[str, Any]] = []
    for path in (pytester.path / "run").rglob("*-container.json"):
        made = json.loads(path.read_text())
        parts += [*made.get("befores", ()), *made.get("afters", ())]
    parts += [json.loads(path.read_text()) for path in (pytester.path / "run").rglob("*-result.json")]
    steps = {step["name"] for part in parts for step in part.get("steps", ())}
    assert {step for step in steps if "$ " in step} == {
        "student01@xenuinode$ mktemp  [0] 0.10 s",
        "student01@xenuinode$ rm  [0] 0.10 s",
        "xencenode$ qstat  [0] 0.10 s",
    }


def test_what_is_gathered_at_the_end_leaves_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, old = tmp_path / "CE-1" / "x" / "ce.txt", tmp_path / "ce-journal.txt"
    kept.parent.mkdir(parents=True)
    for path in (kept, old):
        path.write_text("of before")
    monkeypatch.setattr(evidence, "_parts", lambda box, since: iter(()))
    evidence.collect(SimpleNamespace(pace=1.0), tmp_path)  # type: ignore[arg-type]
    assert kept.read_text() == "of before"
    assert not old.exists()


JOBS = """
def _of(box, job):
    if "known" not in job:
        raise CheckFailed("nobody knows this job")
    return passport.Passport(job, (), "Done", (passport.Event(1.5, "CE", "xencenode", "it ran"),))

@pytest.mark.check("WMS-1", role="wms", title="x")
def test_x(student, monkeypatch):
    monkeypatch.setattr(passport, "of", _of)
    student.pace = 1.0
    student.secrets = SimpleNamespace(redact=lambda text: text.replace("it ran", "***"))
    said = "Your job is https://xenrbnode.sytes.net:9000/known-4567890123456789\\n"
    announce(CommandResult("glite-wms-job-submit -a x.jdl", "student01@xenuinode", 0, said, "", 0.1))
    announce(CommandResult("qsub x", "student01@xencenode", 0, "17.xencenode.sytes.net\\n", "", 0.1))
    announce(CommandResult("cat list", "student01@xenuinode", 0, said.replace("known", "other"), "", 0.1))
    assert False, "it did not end in time"
"""


def test_jobs_that_a_failed_check_sent_are_followed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    before = CHECKS.partition("@pytest.mark.check")[0]
    before = before.replace("    yield\n", "    yield box\n")
    imports = "from harness.box import passport\nfrom harness.errors import CheckFailed\n"
    verdict = run(pytester, imports + before + JOBS)
    assert "it did not end in time" in verdict.checks[0].message
    [path] = RunDir(pytester.path / "run").evidence.rglob("job.txt")
    told = path.read_text()
    assert "17.xencenode.sytes.net\n  could not be followed: nobody knows this job" in told
    assert "known-4567890123456789\n  now  Done" in told
    assert "xencenode      ***" in told
    assert "other" not in told
