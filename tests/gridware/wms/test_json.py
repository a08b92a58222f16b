"""--json: what glite-wms commands answer programs."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gridware.wms.transport import Event
from tests.gridware.wms.test_layouts import CES, fake

Id = Callable[[int], str]
ENDPOINT = "https://rb.example.org:7443/glite_wms_wmproxy_server"


def answer(ui: Any, *words: str) -> dict[str, Any]:
    """What a command prints, read by a parser of JSON; nothing else may be printed."""
    ran = ui.run(*words, "--json")
    assert ran.code == 0, ran.err
    pretty = ui.run(*words, "--json", "--pretty-print").out
    assert len(ran.out.strip().splitlines()) == 1 < len(pretty.strip().splitlines())
    found: dict[str, Any] = json.loads(ran.out)
    assert found.pop("result") == json.loads(pretty).pop("result") == "success"
    return found


def test_submit(ui: Any) -> None:
    told = answer(ui, "glite-wms-job-submit", "-a", "hw.jdl")
    assert told == {"jobid": ui.broker.sent[0].id, "endpoint": ENDPOINT}


def test_submit_of_nodes(ui: Any) -> None:
    ui.file("c.jdl", 'Type = "collection"; Nodes = { [ Executable = "/a" ], [ Executable = "/b" ] };')
    told = answer(ui, "glite-wms-job-submit", "-a", "c.jdl")
    parent, first, second = (each.id for each in ui.broker.sent[:3])
    assert told == {
        "parent": parent,
        "endpoint": ENDPOINT,
        "children": {"Node_0": first, "Node_1": second},
    }


def test_status(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), children=[job(2)])
    ui.broker.jobs[job(2)] = fake(job(2), state="Running", parent=job(1))
    told = answer(ui, "glite-wms-job-status", job(1))
    assert list(told) == [job(1), job(2)]
    assert told[job(1)] == {
        "Current Status": "Done (Success)",
        "Exit code": "0",
        "Status Reason": "Job terminated successfully",
        "Destination": "ce.example.org:2119/jobmanager-pbs-short",
        "Submitted": "Thu Nov  9 11:29:44 2006 UTC",
        "Done": "1163071884",
    }
    assert told[job(2)]["Parent Job"] == job(1)
    assert answer(ui, "glite-wms-job-status", "-v", "0", job(1)) == {
        job(1): {"Current Status": "Done (Success)"},
        job(2): {"Current Status": "Running"},
    }


def test_list_match(ui: Any) -> None:
    ui.broker.matching = [*CES, ("ce3:2119/jobmanager-pbs-x", float("-inf"))]
    told = answer(ui, "glite-wms-job-list-match", "-a", "--rank", "hw.jdl")
    assert told == {"ceid": [ce for ce, _ in ui.broker.matching], "rank": [-10, -20.5, None]}
    assert "rank" not in answer(ui, "glite-wms-job-list-match", "-a", "hw.jdl")


def test_output_and_cancel(ui: Any, job: Id) -> None:
    ui.broker.jobs |= {job(1): fake(job(1)), job(2): fake(job(2)), job(3): fake(job(3), state="Running")}
    ui.broker.files |= {job(1): {"std.out": "hello\n"}, job(2): {}}
    told = answer(ui, "glite-wms-job-output", "--dir", "out", job(1), job(2))["jobs"]
    folder = f"{ui.home}/out/student01_{job(1).rpartition('/')[2]}"
    assert told[job(1)] == {"endpoint": ENDPOINT, "output_available": 1, "location": folder}
    assert told[job(2)] == {"endpoint": ENDPOINT, "output_available": 0, "location": "None"}
    told = answer(ui, "glite-wms-job-cancel", job(3))
    assert told == {"jobs": {job(3): {"endpoint": ENDPOINT, "status": "cancel requested"}}}


def test_logging_info(ui: Any, job: Id) -> None:
    ui.broker.happened = [Event("MATCH", 1163071785.0, "WorkloadManager", {"Dest_id": "ce", "Empty": ""})]
    ui.broker.jobs |= {job(1): fake(job(1)), job(2): fake(job(2))}
    one = {
        "JobID": job(1),
        "Events": [
            {
                "EventName": "Match",
                "Source": "WorkloadManager",
                "Timestamp": "1163071785",
                "Dest_id": "ce",
            }
        ],
    }
    assert answer(ui, "glite-wms-job-logging-info", job(1)) == one
    assert answer(ui, "glite-wms-job-logging-info", job(1), job(2))["jobs"][0] == one


@pytest.mark.parametrize("other", [["--nomsg"], ["-o", "x"]])
def test_only_one_form_of_answer(ui: Any, other: list[str]) -> None:
    ran = ui.run("glite-wms-job-submit", "-a", "--json", *other, "hw.jdl")
    assert (ran.code, "exclude each other" in ran.err, ui.broker.sent) == (1, True, [])


def test_what_goes_wrong_is_no_json_on_standard_output(ui: Any, job: Id) -> None:
    ran = ui.run("glite-wms-job-status", "--json", job(9))
    assert (ran.code, ran.out) == (1, "")
    assert "no such job" in ran.err
