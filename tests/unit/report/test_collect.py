"""From tests to a verdict: outcomes, xdist, and runs that end before their time.

Each test runs a pytest of its own on a few checks, with the plug-ins in place.
"""

import json
import signal
import subprocess
import sys

import pytest

from harness.deadline import wait_for
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict
from tests.unit.report.projects import CONFTEST, pytested, run

pytest_plugins = ["pytester"]

CHECKS = """
import allure
import pytest
from fixtures.checks import block
from harness.errors import CheckFailed, HarnessError

KEY = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0\\n-----END PRIVATE KEY-----"


@pytest.fixture
def lost():
    raise HarnessError("ssh went away", where="xencenode", remedy="look at the console")


@pytest.fixture
def untidy():
    yield
    raise OSError("cannot tidy up")


@pytest.mark.check(
    "CE-10", role="ce", title="comes after CE-9", learns="The CE takes jobs.", severity="critical"
)
def test_passes():
    with allure.step("ui$ openssl rsa -in userkey.pem"):
        allure.attach(KEY, "stdout", allure.attachment_type.TEXT)
    print(KEY)


@pytest.mark.check("CE-9", role="ce", title="is published")
def test_fails():
    with allure.step("ui$ ldapsearch"):
        raise CheckFailed(f"no queue {KEY}", where="xencenode", why=f"said {KEY}", remedy="start bdii")


@pytest.mark.check("CE-3", role="ce", title="from outside")
def test_blocked():
    block("CE-9", "nothing is published")


@pytest.mark.check("WN-1", role="wn", title="is free")
def test_lost(lost):
    pass


@pytest.mark.check("WN-2", role="wn", title="fails, then cleans up badly")
def test_fails_twice(untidy):
    assert "mixed" == "free", "the WN is not free"


@pytest.mark.check("NET-4", role="net", title="answers")
@pytest.mark.parametrize("port", [1, 2, 3])
def test_ports(port):
    assert port != 2, f"port {port} is closed"


def test_no_check():
    assert False
"""


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {check.id: check.outcome.value for check in verdict.checks}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_every_way_to_end(project, workers):
    verdict = run(project, CHECKS, "-n", workers)
    assert verdict.verdict == "no-go"
    assert list(outcomes(verdict).items()) == [
        ("NET-4", "failed"),
        ("CE-3", "blocked"),
        ("CE-9", "failed"),
        ("CE-10", "passed"),
        ("WN-1", "unknown"),
        ("WN-2", "failed"),
    ]
    checks = {check.id: check for check in verdict.checks}
    assert checks["CE-10"].learns == "The CE takes jobs."
    assert checks["CE-9"].remedy == "start bdii"
    assert checks["CE-3"].blocked_by == "CE-9"
    assert checks["NET-4"].message.startswith("port 2 is closed")
    assert "ssh went away" in checks["WN-1"].message
    assert checks["WN-2"].message.startswith("the WN is not free")
    assert verdict.timings == {"checks": 1.0}
    assert not RunDir(project.path / "run").plan.exists()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_no_key_is_in_any_file(project, workers):
    verdict = run(project, CHECKS, "-n", workers)
    checks = {check.id: check for check in verdict.checks}
    assert checks["CE-9"].message.count("[private key removed]") == 2
    files = [path for path in (project.path / "run").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if b"MIIE" in path.read_bytes()] == []
    assert (project.path / "scrubbed").read_text() == "0", (
        "the last look found what nobody should have written"
    )


def test_allure_is_told_of_title_role_and_outcome(project):
    run(project, CHECKS)
    found = [json.loads(path.read_text()) for path in (project.path / "run").rglob("*-result.json")]
    by_name = {result["name"]: result for result in found}
    assert {"NET-4 answers [1]", "NET-4 answers [2]", "CE-9 is published", "test_no_check"} <= set(by_name)
    result = by_name["CE-10 comes after CE-9"]
    labels = {(label["name"], label["value"]) for label in result["labels"]}
    assert {("severity", "critical"), ("suite", "Computing element"), ("ALLURE_ID", "CE-10")} <= labels
    assert ("outcome", "passed") in labels
    assert result["description"] == "The CE takes jobs."
    assert by_name["WN-1 is free"]["labels"].count({"name": "outcome", "value": "unknown"}) == 1
    assert by_name["CE-9 is published"]["steps"][0]["status"] == "failed"
    statuses = {name[:4].strip(): result["status"] for name, result in by_name.items()}
    assert statuses | {"CE-9": "failed", "CE-3": "skipped", "WN-1": "broken", "CE-1": "passed"} == statuses


FIVE = """
import os, pytest, time

@pytest.mark.check("CE-1", role="ce", title="one")
def test_1(): pass

@pytest.mark.check("CE-2", role="ce", title="two")
def test_2(): {second}

@pytest.mark.check("CE-3", role="ce", title="three", learns="three is there")
def test_3(): pass
"""


def test_all_passed_is_go(project):
    verdict = run(project, FIVE.format(second="pass"))
    assert verdict.verdict == "go"
    assert (project.path / "run" / "verdict.html").stat().st_size > 1000


PHASES = """
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport():
    report = yield
    report.duration = {"setup": 100.0, "call": 7.0, "teardown": 50.0}[report.when]
    return report
"""


def test_how_long_a_check_took_is_its_own_time(project):
    """Its set-up may have brought up a whole box."""
    project.makeconftest(CONFTEST + PHASES)
    verdict = run(project, FIVE.format(second="pass"))
    assert [check.seconds for check in verdict.checks] == [7.0, 7.0, 7.0]


@pytest.mark.parametrize(
    ("second", "answer"),
    [("assert False", "no-go"), ("raise OSError('x')", "unknown")],
)
@pytest.mark.parametrize("workers", ["0", "1"])
def test_x_leaves_what_did_not_run_unknown(project, second, answer, workers):
    verdict = run(project, FIVE.format(second=second), "-x", "-n", workers)
    assert verdict.verdict == answer
    assert outcomes(verdict)["CE-1"] == "passed"
    third = verdict.checks[2]
    assert (third.outcome, third.learns) == ("unknown", "three is there")
    assert "was not run" in third.message


def test_a_dead_worker_makes_its_check_unknown(project):
    verdict = run(project, FIVE.format(second="os._exit(1)"), "-n", "1")
    assert verdict.verdict == "unknown"
    assert outcomes(verdict) == {"CE-1": "passed", "CE-2": "unknown", "CE-3": "passed"}
    assert "died" in verdict.checks[1].message


@pytest.mark.parametrize("workers", ["0", "2"])
def test_ctrl_c_is_unknown(project, workers):
    # xdist waits that long for a worker that hears nothing of it.
    project.makeconftest(
        CONFTEST + "\ndef pytest_configure_node(node): node.nodemanager.EXIT_TIMEOUT = 0.1\n"
    )
    project.makepyfile(FIVE.format(second="open('second', 'w'); time.sleep(60)"))
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", workers],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for("the second check to begin", (project.path / "second").exists, 120)
    process.send_signal(signal.SIGINT)
    process.wait(120)
    verdict = Verdict.from_json((project.path / "run" / "verdict.json").read_text())
    assert verdict.verdict == "unknown"
    assert outcomes(verdict)["CE-2"] == "unknown"
    assert "interrupted" in verdict.trouble


def test_a_module_that_cannot_be_read_takes_away_go(project):
    project.makepyfile(test_other="import nothing_of_that_name")
    verdict = run(project, FIVE.format(second="pass"), "--continue-on-collection-errors")
    assert verdict.verdict == "unknown"
    assert "nothing_of_that_name" in verdict.trouble


def test_no_checks_are_unknown(project):
    assert run(project, "def test(): pass").verdict == "unknown"


def test_a_session_that_cannot_start_still_leaves_a_verdict(project):
    project.makeconftest(CONFTEST + "\ndef pytest_sessionstart(session): raise OSError('no bridge')\n")
    project.makepyfile(FIVE.format(second="pass"))
    pytested(project, "-p", "no:cacheprovider")
    verdict = Verdict.from_json((project.path / "run" / "verdict.json").read_text())
    assert verdict.verdict == "unknown"
    assert "no bridge" in verdict.trouble


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        ('"CE-1", role="ce"', "title"),
        ('"CE-1", role="ce", title="x", severity="huge"', "severity 'huge'"),
        ('"CE-1", role="ce", title="x", lerns="x"', "lerns"),
    ],
)
def test_a_wrong_mark_is_refused(project, mark, complaint):
    project.makepyfile(f"import pytest\n@pytest.mark.check({mark})\ndef test_x(): pass")
    done = pytested(project)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert complaint in done.stderr.str()
    assert "test_x" in done.stderr.str()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_wrong_mark_is_said_once_and_is_no_crash(project, workers):
    project.makepyfile("import pytest\n@pytest.mark.check('CE-1', role='ce')\ndef test_x(): pass")
    done = pytested(project, "-p", "no:cacheprovider", "-n", workers)
    said = done.stdout.str() + done.stderr.str()
    assert "mark check: missing 1 required positional argument: 'title'" in said
    assert said.count("mark check: missing") <= 2  # with the summary's line
    assert "INTERNALERROR" not in said
    assert "AssertionError" not in said
    assert done.ret not in (0, 5)


def test_functions_of_one_id_say_the_same_of_it(project):
    one, other = (f'@pytest.mark.check("CE-1", role="ce", title="{title}")\n' for title in "xy")
    project.makepyfile(f"import pytest\n{one}def test_x(): pass\n{other}def test_y(): pass")
    done = pytested(project)
    assert "CE-1 is claimed twice" in done.stderr.str()


def test_one_check_may_have_several_functions(project):
    mark = '@pytest.mark.check("CE-1", role="ce", title="x")\n'
    verdict = run(project, f"import pytest\n{mark}def test_x(): pass\n{mark}def test_y(): assert not 'here'")
    assert outcomes(verdict) == {"CE-1": "failed"}


DYING = """
import os, pathlib, pytest, shutil
results = pathlib.Path("run/allure-results")

@pytest.mark.check("CE-1", role="ce", title="x")
def test_x():
    {spoil}
    os._exit(1)
"""


@pytest.mark.parametrize(
    "spoil",
    ["(results / 'x-result.json').write_text('[7]')", "shutil.rmtree(results); results.touch()"],
    ids=["a result that is none", "no directory"],
)
def test_what_allure_can_t_be_told_costs_no_verdict(project, spoil):
    verdict = run(project, DYING.format(spoil=spoil), "-n", "1", "--max-worker-restart=0")
    assert outcomes(verdict) == {"CE-1": "unknown"}
