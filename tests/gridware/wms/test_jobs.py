"""The harness reads what the job commands print: the client's own layouts, and texts of other origin."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.grid import jobs
from harness.grid.errors import UnexpectedOutput
from harness.grid.jobs import JobState
from tests.gridware.wms.test_layouts import CES, event, fake

CPP = """
======================= glite-wms-job-status Success =====================
BOOKKEEPING INFORMATION:

Status info for the Job : https://wms.example.org:9000/Xq8vMZJr0o8sNfJ2V3mYqA
Current Status:     Done(Exit Code !=0)
Exit code:          3
Status Reason:      Warning: job exit code != 0
Destination:        ce.example.org:8443/cream-pbs-short
Submitted:          Thu Nov  9 12:29:44 2006 CET

==========================================================================
"""


def test_a_status_of_the_cpp_client() -> None:
    (job,) = jobs.parse_status(CPP).values()
    assert (job.state, job.qualifier, job.exit_code) == (JobState.DONE, "Exit Code !=0", 3)
    assert job.reason == "Warning: job exit code != 0"
    assert job.destination == "ce.example.org:8443/cream-pbs-short"
    assert job.state.ended
    assert not job.succeeded
    assert str(job).endswith("Done (Exit Code !=0), Warning: job exit code != 0")


def test_submit(ui: Any) -> None:
    text = ui.run("glite-job-submit", "hw.jdl").out
    assert jobs.parse_submit(text) == ui.broker.sent[0].id
    for wrong in ("", text + ui.run("glite-job-submit", "hw.jdl").out):
        with pytest.raises(UnexpectedOutput):
            jobs.parse_submit(wrong)


def test_nodes(ui: Any, job: Callable[[int], str]) -> None:
    ui.broker.jobs = {
        job(1): fake(job(1), children=[job(2)]),
        job(2): fake(job(2), parent=job(1), state="Running"),
    }
    parent, node = jobs.parse_status(ui.run("glite-job-status", job(1)).out).values()
    assert (parent.succeeded, node.parent, node.state) == (True, parent.id, JobState.RUNNING)
    with pytest.raises(UnexpectedOutput):
        jobs.parse_status("**** Error: LB_API_ERROR ****")


@pytest.mark.parametrize("command", ["glite-job-output", "glite-wms-job-output"])
def test_output(ui: Any, job: Callable[[int], str], command: str) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    ui.broker.files[job(1)] = {"a": "b"}
    assert jobs.parse_output(ui.run(command, "--dir", "d", job(1)).out).startswith(f"{ui.home}/d/student01_")
    with pytest.raises(UnexpectedOutput):
        jobs.parse_output("No output files")


def test_matches(ui: Any) -> None:
    assert jobs.parse_matches(ui.run("glite-job-list-match", "hw.jdl").out) == ()
    ui.broker.matching = CES
    found = jobs.parse_matches(ui.run("glite-job-list-match", "--rank", "hw.jdl").out)
    assert [(str(match.ce), match.rank) for match in found] == CES
    with pytest.raises(UnexpectedOutput):
        jobs.parse_matches("")


def test_events(ui: Any, job: Callable[[int], str]) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    ui.broker.happened = [event("REGJOB", "UserInterface"), event("DONE", "LogMonitor", Status_code="OK = 0")]
    first, last = jobs.parse_events(ui.run("glite-job-logging-info", job(1)).out)
    assert (first.name, first.attributes["Source"]) == ("RegJob", "UserInterface")
    assert last.attributes["Status_code"] == "OK = 0"


def test_errors(ui: Any, job: Callable[[int], str]) -> None:
    found = jobs.parse_error(ui.run("glite-job-status", job(1)).err)
    assert found is not None
    assert (found.code, found.text) == ("LB_API_ERROR", f"{job(1)}: no such job")
    assert jobs.parse_error("all is well") is None


def test_a_match_that_fails_for_its_data_says_so(ui: Any) -> None:
    ui.broker.far = "no CE that fits is close to an SE that has lfn:/grid/x and offers rfio (on se)"
    ran = ui.run("glite-job-list-match", "hw.jdl")
    assert (ran.code, "No Computing Element matching" in ran.out, ui.broker.far in ran.out) == (0, True, True)
