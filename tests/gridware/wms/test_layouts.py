"""What is printed, held against the expressions with which others read it (facts on gLite, Appendix A)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from harness.grid.infosites import CeId

JOB_ID = r"https://[A-Za-z0-9.-]+(?::\d+)?/[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])"
STATUS_ID = r"^\s*Status info for the Job : (https://\S+)"
STATE = (
    r"^\s*Current Status:\s+(Submitted|Waiting|Ready|Scheduled|Running|Done|Cleared|"
    r"Aborted|Cancelled|Unknown|Purged)"
    r"\s*(?:\((.*?)\))?\s*$"
)
EXIT = r"^\s*Exit code:\s+(-?\d+)"
REASON = r"^\s*Status Reason:\s+(.*)$"
DESTINATION = r"^\s*Destination:\s+(\S+:\d+/(?:jobmanager|blah|cream)-\S+)"
WHEN = r"^\s*(?:Submitted|reached on):\s+(.*)$"
DIRECTORY = r"(?:stored in the directory:)\s*\n\s*(/\S+)"
NO_MATCH = r"No Computing Element matching"
MATCH = r"^\s*-\s+(\S+:\d+/(?:jobmanager|blah|cream)-\S+)(?:\s+(-?[\d.eE+]+))?\s*$"
SUBMITTED = r"(?:-job-submit Success|successfully submitted to the (?:Network Server|WMProxy))"
CES = [
    ("ce.example.org:2119/jobmanager-pbs-short", -10.0),
    ("ce2.example.org:2119/jobmanager-lcgpbs-a-b", -20.5),
]

SUBMIT = ["glite-job-submit", "edg-job-submit", "glite-wms-job-submit"]
STATUS = ["glite-job-status", "edg-job-status", "glite-wms-job-status"]
OUTPUT = ["glite-job-output", "edg-job-get-output", "glite-wms-job-output"]
LIST = ["glite-job-list-match", "edg-job-list-match", "glite-wms-job-list-match"]
LOGGING = ["glite-job-logging-info", "edg-job-get-logging-info", "glite-wms-job-logging-info"]
CANCEL = ["glite-job-cancel", "edg-job-cancel", "glite-wms-job-cancel"]


def all_of(expression: str, text: str) -> list[Any]:
    return re.findall(expression, text, re.MULTILINE)


def words(command: str) -> list[str]:
    return ["-a"] if "wms" in command else []


@pytest.mark.parametrize("command", SUBMIT)
def test_submit(ui: Any, command: str) -> None:
    ran = ui.run(command, *words(command), "-o", "ids", "hw.jdl")
    assert ran.code == 0, ran.err
    assert all_of(SUBMITTED, ran.out)
    assert all_of(JOB_ID, ran.out) == [ui.broker.sent[0].id]
    assert f"saved in the following file:\n{'' if 'wms' in command else ' '}{ui.home}/ids" in ran.out
    assert not ran.err


def test_the_box_of_glite_job_submit(ui: Any) -> None:
    out = ui.run("glite-job-submit", "hw.jdl").out
    assert (
        out
        == f"""
Selected Virtual Organisation name (from proxy certificate extension): gilda
Connecting to host rb.example.org, port 7443
Logging to host rb.example.org, port 7443


================================ glite-job-submit Success =====================================
 The job has been successfully submitted to the Network Server.
 Use glite-job-status command to check job current status. Your job identifier is:

 - {ui.broker.sent[0].id}


===============================================================================================

"""
    )


def test_the_box_of_glite_wms_job_submit(ui: Any) -> None:
    out = ui.run("glite-wms-job-submit", "-a", "-o", "ids", "hw.jdl").out
    assert (
        out.strip("\n")
        == f"""Connecting to the service https://rb.example.org:7443/glite_wms_wmproxy_server


====================== glite-wms-job-submit Success ======================

The job has been successfully submitted to the WMProxy
Your job identifier is:

{ui.broker.sent[0].id}

The job identifier has been saved in the following file:
{ui.home}/ids

=========================================================================="""
    )


def test_nomsg_is_the_id_alone(ui: Any) -> None:
    assert ui.run("glite-job-submit", "--nomsg", "hw.jdl").out == f"{ui.broker.sent[0].id}\n"


@pytest.mark.parametrize("command", STATUS)
def test_status(ui: Any, job: Callable[[int], str], command: str) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    out = ui.run(command, job(1)).out
    assert all_of(STATUS_ID, out) == [job(1)]
    assert all_of(STATE, out) == [("Done", "Success")]
    assert all_of(EXIT, out) == ["0"]
    assert all_of(REASON, out) == ["Job terminated successfully"]
    assert all_of(DESTINATION, out) == ["ce.example.org:2119/jobmanager-pbs-short"]
    assert all_of(WHEN, out) == [
        "Thu Nov  9 11:31:24 2006" if "edg" in command else "Thu Nov  9 11:29:44 2006 UTC"
    ]


def test_the_page_of_glite_job_status(ui: Any, job: Callable[[int], str]) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    assert (
        ui.run("glite-job-status", job(1)).out.strip("\n")
        == f"""{"*" * 61}
BOOKKEEPING INFORMATION:

Status info for the Job : {job(1)}
Current Status:     Done (Success)
Exit code:          0
Status Reason:      Job terminated successfully
Destination:        ce.example.org:2119/jobmanager-pbs-short
Submitted:          Thu Nov  9 11:29:44 2006 UTC

{"*" * 61}"""
    )


def test_the_page_of_glite_wms_job_status(ui: Any, job: Callable[[int], str]) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    head, *_, tail = ui.run("glite-wms-job-status", job(1)).out.strip("\n").splitlines()
    assert head == "======================= glite-wms-job-status Success ====================="
    assert tail == "=" * 74


@pytest.mark.parametrize(
    ("state", "qualifier", "shown"),
    [
        ("Done", "Exit Code !=0", ("Done", "Exit Code !=0")),
        ("Done", "Failed", ("Done", "Failed")),
        ("Running", "", ("Running", "")),
        ("Aborted", "", ("Aborted", "")),
    ],
)
def test_states(
    ui: Any, job: Callable[[int], str], state: str, qualifier: str, shown: tuple[str, str]
) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), state=state, done_qualifier=qualifier, exit_code=3)
    out = ui.run("glite-job-status", job(1)).out
    assert all_of(STATE, out) == [shown]
    assert all_of(EXIT, out) == (["3"] if state == "Done" else [])


def test_verbosity(ui: Any, job: Callable[[int], str]) -> None:
    attributes = {"Node_name": "", "Retries": 2, "Jdl": "[ a = 1; ]", "Failure_reason": "one\ntwo"}
    ui.broker.jobs[job(1)] = fake(job(1), attributes=attributes)
    outs = [ui.run("glite-job-status", "-v", str(level), job(1)).out for level in range(4)]
    assert "Exit code" not in outs[0]
    assert "Logged Reason(s):\n    - one\n    - two\nExit code:" in outs[1]
    assert "---\n- Retries                    =    2\n" in outs[2]
    assert "Jdl" not in outs[2]
    assert "- Jdl                        =    [ a = 1; ]" in outs[3]


def test_what_a_job_says_makes_no_line_of_the_page(ui: Any, job: Callable[[int], str]) -> None:
    forged = "x\n- Owner                      =    root\x1b[2J"
    ui.broker.jobs[job(1)] = fake(job(1), reason=forged, attributes={"User_tags": forged, "Jdl": "[\n]"})
    out = ui.run("glite-job-status", "-v", "3", job(1)).out
    assert "\x1b" not in out
    assert all_of(r"^- (\S+)", out) == ["User_tags", "Jdl"]
    assert "- User_tags                  =    x - Owner                      =    root?[2J\n" in out


def test_nodes(ui: Any, job: Callable[[int], str]) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), children=[job(2), job(3)])
    for number in (2, 3):
        ui.broker.jobs[job(number)] = fake(job(number), parent=job(1))
    out = ui.run("glite-job-status", job(1)).out
    assert "- Nodes information for:" in out
    assert all_of(STATUS_ID, out) == [job(1), job(2), job(3)]
    assert all_of(r"^ +Parent Job: +(\S+)", out) == [job(1), job(1)]
    assert all_of(STATUS_ID, ui.run("glite-job-status", "--nonodes", job(1)).out) == [job(1)]


@pytest.mark.parametrize("command", OUTPUT)
def test_output(ui: Any, job: Callable[[int], str], command: str) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    ui.broker.files[job(1)] = {"std.out": "Hello\n"}
    out = ui.run(command, job(1)).out
    (directory,) = all_of(DIRECTORY, out)
    assert directory == f"{ui.home.parent}/jobOutput/student01_{job(1)[-22:]}"
    assert (ui.home.parent / "jobOutput" / f"student01_{job(1)[-22:]}" / "std.out").read_text() == "Hello\n"
    assert "JOB GET OUTPUT OUTCOME" in out


@pytest.mark.parametrize("command", LIST)
def test_list_match(ui: Any, command: str) -> None:
    ui.broker.matching = CES
    out = ui.run(command, *words(command), "hw.jdl").out
    assert [ce for ce, _ in all_of(MATCH, out)] == [ce for ce, _ in CES]
    assert "COMPUTING ELEMENT IDs LIST" in out
    ranked = all_of(MATCH, ui.run(command, *words(command), "--rank", "hw.jdl").out)
    assert [(ce, float(rank)) for ce, rank in ranked] == CES
    assert [str(CeId.parse(ce)) for ce, _ in ranked] == [ce for ce, _ in CES]


@pytest.mark.parametrize("command", LIST)
def test_no_match(ui: Any, command: str) -> None:
    ran = ui.run(command, *words(command), "hw.jdl")
    assert all_of(NO_MATCH, ran.out)
    assert ran.code == 0
    assert ("glite-wms-job-list-match failure" in ran.out) is ("wms" in command)


@pytest.mark.parametrize("command", LOGGING)
def test_logging_info(ui: Any, job: Callable[[int], str], command: str) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    ui.broker.happened = [
        event("REGJOB", "UserInterface", Jdl="[ a = 1; ]"),
        event("DONE", "LogMonitor", Result="OK"),
    ]
    out = ui.run(command, job(1)).out
    assert f"LOGGING INFORMATION:\n\nPrinting info for the Job : {job(1)}\n\t---\nEvent: RegJob\n" in out
    assert "- Source                     =    LogMonitor" in out
    assert "Jdl" not in out
    assert "Jdl" in ui.run(command, "-v", "3", job(1)).out
    assert "RegJob" not in ui.run(command, "--event", "done", job(1)).out
    assert "RegJob" not in ui.run(command, "--exclude", "REGJOB", job(1)).out


@pytest.mark.parametrize("command", CANCEL)
def test_cancel(ui: Any, job: Callable[[int], str], command: str) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), state="Running")
    ran = ui.run(command, "--noint", job(1))
    assert ran.code == 0
    assert "The cancellation request has been successfully submitted for the following job(s)" in ran.out
    assert all_of(JOB_ID, ran.out) == [job(1)]


def fake(job: str, **values: Any) -> Any:
    from tests.gridware.wms.conftest import Status

    return Status(job, **values)


def event(name: str, source: str, **attributes: str) -> Any:
    from gridware.wms.transport import Event

    return Event(name, 1163071784.0, source, attributes)
