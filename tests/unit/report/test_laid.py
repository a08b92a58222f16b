"""Failures are laid at findings: one fault is one finding, and what none explains says so."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.diagnosis.finding import Finding, Findings
from harness.report import junit
from harness.report.laid import GUESS, excuses, lay, told
from harness.report.verdict import UNEXPLAINED, Answer, CheckResult, Outcome, decide

POOL = Finding(
    link="pool",
    node="xencenode",
    what="pool accounts of xencenode are used up",
    words=("pool", "pool@ce", "login", "login@ce", "gatekeeper", "gatekeeper@ce"),
    told_by="CE-1",
    probe="ls",
    output="0 of 50",
)
DISK = Finding(link="disk", node="xensenode", what="the disk of xensenode is full", words=("disk", "gridftp"))


def failed(identity: str, *needs: str, nodes: tuple[str, ...] = (), message: str = "") -> CheckResult:
    return CheckResult(identity, identity, "ce", Outcome.FAILED, message=message, needs=needs, nodes=nodes)


def outcomes(checks: tuple[CheckResult, ...], *broken: Finding) -> list[tuple[str, str, str]]:
    return [(each.outcome.value, each.blocked_by, each.finding) for each in lay(checks, Findings(broken))]


def test_of_the_checks_behind_a_finding_that_which_is_about_it_tells_and_others_are_blocked() -> None:
    checks = (failed("WN-4", "gatekeeper"), failed("CE-1", "gatekeeper"), failed("CE-3", "gatekeeper"))
    assert outcomes(checks, POOL) == [
        ("blocked", POOL.id, POOL.id),
        ("failed", "", POOL.id),
        ("blocked", POOL.id, POOL.id),
    ]


def test_without_the_one_that_is_about_it_the_first_tells() -> None:
    checks = (failed("WN-4", "gatekeeper"), failed("CE-3", "gatekeeper"))
    assert [each[0] for each in outcomes(checks, POOL)] == ["failed", "blocked"]


def test_two_faults_are_two_findings() -> None:
    checks = (failed("CE-1", "gatekeeper"), failed("SE-1", "gridftp"))
    assert [each[2] for each in outcomes(checks, POOL, DISK)] == [POOL.id, DISK.id]


def test_where_both_are_beneath_the_node_that_is_named_counts() -> None:
    check = failed("UI-3", "gatekeeper", "gridftp", message="xensenode: no space\nlooked at xencenode first")
    assert outcomes((check,), POOL, DISK)[0][2] == DISK.id


def test_what_rests_on_nothing_broken_is_unexplained() -> None:
    checks = (failed("CE-1", "gatekeeper"), failed("TIME-1", "ssh", nodes=("xenuinode",)))
    assert outcomes(checks, POOL)[1] == ("failed", "", UNEXPLAINED)


EDITED = Finding(
    link="settings",
    node="xenwnnode",
    what="files of xenwnnode are not as they were laid",
    words=("settings", "job", "jobs"),
    means="commands there do something else",
)


def test_what_was_changed_counts_for_what_nothing_broken_explains() -> None:
    findings = Findings((POOL,), changed=(EDITED,))
    checks = lay((failed("CE-1", "gatekeeper"), failed("WN-9", "job"), failed("WN-8", "job")), findings)
    assert [(each.outcome.value, each.finding) for each in checks] == [
        ("failed", POOL.id),
        ("failed", EDITED.id),
        ("blocked", EDITED.id),
    ]
    pool, edited = told(findings, checks)[0]
    assert pool.id == POOL.id
    assert edited.explains == ("WN-9", "WN-8")
    assert edited.means == GUESS
    assert decide(checks, (pool, edited)) is Answer.NO_GO


def test_what_was_changed_is_none_of_a_check_that_does_not_rest_on_it_and_none_where_all_is_well() -> None:
    findings = Findings(changed=(EDITED,))
    [check] = lay((failed("X-1", "gridftp", nodes=("xenwnnode",)),), findings)
    assert check.finding == UNEXPLAINED
    passed = replace(check, outcome=Outcome.PASSED, finding="")
    assert told(findings, lay((passed,), findings)) == ((), ())


def test_what_says_nothing_of_its_needs_is_laid_where_it_was() -> None:
    assert outcomes((failed("X-1", nodes=("xensenode",)),), POOL, DISK)[0][2] == DISK.id


def test_what_a_failed_check_blocks_is_blocked_by_its_finding() -> None:
    blocked = replace(failed("WMS-1", "jobs"), outcome=Outcome.BLOCKED, blocked_by="CE-1")
    assert outcomes((failed("CE-1", "gatekeeper"), blocked), POOL)[1] == ("blocked", POOL.id, POOL.id)


def test_a_chain_of_blocks_ends_at_the_finding() -> None:
    first = replace(failed("GUIDE-1", "jobs"), outcome=Outcome.BLOCKED, blocked_by=POOL.id)
    second = replace(failed("GUIDE-2"), outcome=Outcome.BLOCKED, blocked_by="GUIDE-1")
    third = replace(second, id="GUIDE-3", blocked_by="GUIDE-2")
    assert outcomes((third, second, first), POOL) == [("blocked", POOL.id, POOL.id)] * 3
    other = replace(second, blocked_by="X-9")
    assert outcomes((other,), POOL) == [("blocked", "X-9", "")]


def test_what_was_not_begun_because_of_a_finding_is_laid_at_it() -> None:
    blocked = replace(failed("WMS-1", "jobs"), outcome=Outcome.BLOCKED, blocked_by=POOL.id)
    assert outcomes((blocked,), POOL) == [("blocked", POOL.id, POOL.id)]
    [finding], _ = told(Findings((POOL,)), lay((blocked,), Findings((POOL,))))
    assert finding.explains == ("WMS-1",)


def test_what_passed_or_is_unknown_is_laid_nowhere() -> None:
    passed = replace(failed("CE-2", "gatekeeper"), outcome=Outcome.PASSED)
    unknown = replace(passed, outcome=Outcome.UNKNOWN)
    assert lay((passed, unknown), Findings((POOL,))) == (passed, unknown)


def test_where_nobody_looked_all_stays_as_it_is() -> None:
    checks = (failed("CE-1", "gatekeeper"),)
    assert lay(checks, None) == checks
    assert told(None, checks) == ((), ())


def test_a_finding_in_the_verdict_names_what_it_explains_and_how_it_is_known() -> None:
    checks = lay((failed("CE-1", "gatekeeper"), failed("CE-3", "gatekeeper")), Findings((POOL,)))
    degraded = replace(DISK, degraded=True)
    [finding], [warning] = told(Findings((POOL,), (degraded,)), checks)
    assert finding.explains == ("CE-1", "CE-3")
    assert finding.probe == "ls"
    assert finding.evidence == ("0 of 50",)
    assert warning.id == "disk@xensenode"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "junit.xml"
    cases = "".join(
        f'<testcase classname="tests.acceptance.test_ce" name="{name}"><failure message="no"/></testcase>'
        for name in ("test_one", "test_two[a]")
    )
    path.write_text(
        f'<testsuites><testsuite failures="2" errors="0" skipped="0">{cases}</testsuite></testsuites>'
    )
    return path


def test_junit_says_the_same_as_the_verdict(report: Path) -> None:
    one, two = lay((failed("CE-1", "gatekeeper"), failed("CE-3", "gatekeeper")), Findings((POOL,)))
    at = "tests/acceptance/test_ce.py"
    junit.lay(report, {f"{at}::test_one": one, f"{at}::test_two[a]": two})
    suite = ElementTree.parse(report).getroot()[0]
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")
    first, second = suite
    assert first.find("failure") is not None
    skipped = second.find("skipped")
    assert skipped is not None
    assert skipped.get("message", "").startswith("blocked by pool@xencenode")
    assert [each.get("value") for each in suite.iter("property")] == [POOL.id, POOL.id]


def test_a_report_that_was_cut_off_is_left_alone(report: Path) -> None:
    report.write_text("<testsuites><testsu")
    [check] = lay((failed("CE-1", "gatekeeper"),), Findings((POOL,)))
    junit.lay(report, {"tests/acceptance/test_ce.py::test_one": check})
    assert report.read_text() == "<testsuites><testsu"


DOWN = Finding(
    link="node", node="wn2", what="wn2 is down", words=("node", "slurmd"), degraded=True, spared=True
)
SPARED = Findings(degraded=(DOWN,))
PASSED = CheckResult("CE-1", "CE-1", "ce", Outcome.PASSED)


def test_what_fails_for_a_wn_that_others_stand_in_for_is_blocked_by_it_and_the_school_starts() -> None:
    checks = (failed("WN-1", "slurmd", message="the scheduler sends no job to wn2 (down)"), PASSED)
    first, second = lay(checks, SPARED)
    assert (first.outcome, first.blocked_by, first.finding) == (Outcome.BLOCKED, DOWN.id, DOWN.id)
    assert decide((first, second), (), excuses(SPARED)) is Answer.GO
    assert decide((first, second), ()) is Answer.UNKNOWN
    _, [degraded] = told(SPARED, (first, second))
    assert degraded.explains == ("WN-1",)


@pytest.mark.parametrize(
    "check",
    [
        failed("WN-3", "slurmd", message="xenwnnode: the job's output did not come"),
        failed("WN-3", "slurmd", message="wn22 lost a job"),
        failed("SE-1", "gridftp", message="the copy made on wn2 is not the file"),
    ],
)
def test_what_fails_elsewhere_or_for_something_else_is_not_excused(check: CheckResult) -> None:
    [laid] = lay((check,), SPARED)
    assert laid.outcome is Outcome.FAILED
    assert decide((laid, PASSED), (), excuses(SPARED)) is Answer.NO_GO


def test_what_is_only_degraded_excuses_nothing() -> None:
    slow = Findings(degraded=(replace(DOWN, spared=False),))
    [laid] = lay((failed("WN-1", "slurmd", message="wn2 (down)"),), slow)
    assert (laid.outcome, laid.finding) == (Outcome.FAILED, UNEXPLAINED)
    assert excuses(slow) == frozenset()
