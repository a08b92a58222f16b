"""Options, exit codes, errors, logs and files of the commands."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from gridware.wms import commands
from tests.gridware.wms.test_layouts import fake

Id = Callable[[int], str]
COMMANDS = [
    *(f"glite-job-{word}" for word in ("submit", "list-match", "status", "output", "cancel", "logging-info")),
    *(
        f"edg-job-{word}"
        for word in ("submit", "list-match", "status", "get-output", "cancel", "get-logging-info")
    ),
    *(
        f"glite-wms-job-{word}"
        for word in ("submit", "list-match", "status", "output", "cancel", "logging-info")
    ),
    *(f"glite-wms-job-{word}" for word in ("delegate-proxy", "perusal", "info")),
    *(f"{family}-job-{word}" for family in ("glite", "edg") for word in ("attach", "get-chkpt")),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_and_version(ui: Any, command: str) -> None:
    page = ui.run(command, "--help").out
    assert page.startswith(f"NAME\n    {command} - ")
    assert all(option.shown in page for option in commands.command(command).options)
    assert max(map(len, page.splitlines())) <= 84
    of_python = "glite-wms" not in command or command.endswith(("status", "logging-info"))
    product = "Job Submission User Interface" if of_python else "WMS User Interface"
    assert ui.run(command, "--version").out == f"{command} (Grid in a Box)\n{product} version 3.1\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_option(ui: Any, command: str) -> None:
    ran = ui.run(command, "--nonsense")
    assert ran.code == 1
    expected = "\nError - Wrong usage\n" if "wms" in command else "\n**** Error: UI_USAGE ****  \n"
    assert ran.err.startswith(expected)
    assert "--nonsense" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["glite-job-submit"], "UI_USAGE"),
        (["glite-job-submit", "a", "b"], "UI_USAGE"),
        (["glite-job-submit", "gone.jdl"], "UI_FILE_NOT_FOUND"),
        (["glite-job-submit", "-r", "a:1/jobmanager-b-c", "-i", "x", "hw.jdl"], "UI_USAGE"),
        (["glite-job-submit", "-r", "short", "hw.jdl"], "UI_WRONG_RESOURCE_ID"),
        (["glite-job-submit", "-r", "ce.example.org:2119", "hw.jdl"], "UI_WRONG_RESOURCE_ID"),
        (["glite-job-submit", "-r", "a:1/jobmanager-b-c", "--lrms", "x", "hw.jdl"], "UI_UNKNOWN_LRMS"),
        (["glite-job-submit", "--lrms", "pbs", "hw.jdl"], "UI_USAGE"),
        (["glite-job-submit", "-v", "90", "hw.jdl"], "UI_USAGE"),
        (["glite-job-submit", "-c", "gone", "hw.jdl"], "UI_CONFIG_ERROR"),
        (["glite-job-submit", "--config-vo", "gone", "hw.jdl"], "UI_CONFIG_ERROR"),
        (["glite-job-status"], "UI_USAGE"),
        (["glite-job-status", "https://rb/short"], "UI_WRONG_JOBID_FORMAT"),
        (["glite-job-status", "-v", "4", f"https://rb/{'a' * 22}"], "UI_USAGE"),
        (["glite-job-status", "--all", "--status", "Sleeping"], "UI_USAGE"),
        (["glite-job-status", "--all", "--from", "nonsense"], "UI_USAGE"),
        (["glite-job-status", "-i", "gone"], "UI_FILE_NOT_FOUND"),
        (["edg-job-get-logging-info", "--event", "SLEEP", f"https://rb/{'a' * 22}"], "UI_USAGE"),
        (["glite-job-status", f"https://rb/{'a' * 22}"], "LB_API_ERROR"),
    ],
)
def test_errors_have_codes_and_a_log(ui: Any, arguments: list[str], code: str) -> None:
    ran = ui.run(*arguments)
    assert ran.code == 1
    assert f"**** Error: {code} ****" in ran.err
    assert "*** Log file created ***" in ran.err
    assert not ui.broker.sent


def test_the_log_holds_what_was_printed(ui: Any) -> None:
    ran = ui.run("glite-job-submit", "gone.jdl")
    log = ran.err.rstrip().splitlines()[-1]
    name = r"glite-job-submit_\d+_\d+_\d+\.log"
    assert re.fullmatch(re.escape(f"{ui.home.parent}/logs/") + name, log)
    with open(log) as file:
        assert "UI_FILE_NOT_FOUND" in file.read()


def test_logfile_and_debug(ui: Any) -> None:
    ran = ui.run("glite-job-submit", "--logfile", "log", "--debug", "hw.jdl")
    assert ran.code == 0
    assert "-D- rb.example.org, port 7443, with the proxy" in ran.err
    assert "successfully submitted" in (ui.home / "log").read_text()


@pytest.mark.parametrize(
    ("left", "vo", "code"),
    [
        ("0:00:00", "gilda", "UI_PROXY_EXPIRED"),
        ("0:09:00", "gilda", "UI_PROXY_DURATION"),
        ("11:00:00", "", "UI_NO_VOMS"),
    ],
)
def test_proxies_that_will_not_do(ui: Any, left: str, vo: str, code: str) -> None:
    ui.left, ui.vo = left, vo
    ran = ui.run("glite-job-submit", "hw.jdl")
    assert (ran.code, f"Error: {code} " in ran.err, ui.broker.sent) == (1, True, [])


def test_no_proxy(ui: Any) -> None:
    ui.monkeypatch.setenv("X509_USER_PROXY", "/nowhere")
    assert (
        "**** Error: UI_PROXY_NOT_FOUND ****  \nProxy certificate not found.\n"
        in ui.run("glite-job-submit", "hw.jdl").err
    )
    ran = ui.run("glite-wms-job-submit", "-a", "hw.jdl")
    assert "\nError - Proxy certificate not found\n" in ran.err


def test_a_proxy_without_vo_needs_vo(ui: Any) -> None:
    ui.vo = ""
    ran = ui.run("glite-job-submit", "--vo", "gilda", "hw.jdl")
    assert ran.out.startswith("\nSelected Virtual Organisation name (from --vo option): gilda\n")
    assert "VOs configured: gilda" in ui.run("glite-job-submit", "--vo", "atlas", "hw.jdl").err


def test_the_broker_is_down(ui: Any) -> None:
    ui.broker.down = True
    ran = ui.run("glite-job-submit", "hw.jdl")
    assert (ran.code, "**** Error: NS_NOT_AVAILABLE ****" in ran.err) == (1, True)


def test_nomsg_prints_the_id_alone_also_with_a_log(ui: Any) -> None:
    ran = ui.run("glite-wms-job-submit", "-a", "--nomsg", "--logfile", "log", "hw.jdl")
    assert (ran.out, ran.err) == (f"{ui.broker.sent[0].id}\n", "")
    assert (ui.home / "log").exists()
    assert "Log file created" in ui.run("glite-wms-job-submit", "--nomsg", "--logfile", "log", "none.jdl").err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--to", "01:01:00:00:2006"], "is past"),
        (["--valid", "999999999999:00"], "no time of the form hh:mm"),
        (["--valid", "00:00"], "no time of the form hh:mm"),
        (["--valid", "1:60"], "no time of the form hh:mm"),
    ],
)
def test_a_deadline_that_can_not_be_met(ui: Any, arguments: list[str], why: str) -> None:
    ran = ui.run("glite-wms-job-submit", "-a", *arguments, "hw.jdl")
    assert (ran.code, why in ran.err, ui.broker.sent) == (1, True, [])


def test_id_file_is_appended_and_read(ui: Any) -> None:
    for _ in range(2):
        ui.run("glite-job-submit", "-o", "ids", "hw.jdl")
    first, second = (job.id for job in ui.broker.sent)
    assert (ui.home / "ids").read_text() == f"###Submitted Job Ids###\n{first}\n{second}\n"
    for job in (first, second):
        ui.broker.jobs[job] = fake(job)
    out = ui.run("glite-job-status", "--noint", "-i", "ids").out
    assert [first in out, second in out] == [True, True]
    out = ui.run("glite-job-status", "-i", "ids", stdin="3\n2\n").out
    assert out.count("Status info") == 1
    assert f"2 : {second}" in out
    assert "Wrong choice" in out
    assert ui.run("glite-job-status", "-i", "ids", stdin="1-2\n").out.count("Status info") == 2
    assert ui.run("glite-job-status", "-i", "ids", stdin="\n").out.count("Status info") == 2
    left = ui.run("glite-job-status", "-i", "ids", stdin="")
    assert (left.code, left.out.endswith("bye\n")) == (0, True)


def test_some_of_several_fail(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    ran = ui.run("glite-job-status", job(1), job(2))
    assert (ran.code, ran.out.count("Status info"), "LB_API_ERROR" in ran.err) == (255, 1, True)
    ui.broker.files[job(1)] = {"a": "b"}
    assert ui.run("glite-job-output", job(1), job(2)).code == 255


def test_output_places(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    ui.broker.files[job(1)] = {"std.out": "x"}
    ui.run("glite-job-output", "--dir", "here", job(1))
    assert (ui.home / "here" / f"student01_{job(1)[-22:]}" / "std.out").exists()
    ui.run("glite-wms-job-output", "--dir", "there", "--nosubdir", "--nopurge", job(1))
    assert (ui.home / "there/std.out").exists()
    assert ui.run("glite-wms-job-output", "--nosubdir", "--nopurge", job(1)).code == 0
    assert (ui.home.parent / "jobOutput/std.out").exists()
    ui.monkeypatch.delenv("LOGNAME")
    ui.run("glite-job-output", "--dir", "here", job(1))
    assert (ui.home / "here" / f"jobOutput_{job(1)[-22:]}" / "std.out").exists()
    assert ui.broker.purged == [job(1), job(1)]
    listed = ui.run("glite-wms-job-output", "--list-only", job(1)).out
    assert " - std.out\n" in listed


def test_output_that_is_not_there(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), state="Running")
    ran = ui.run("glite-job-output", job(1))
    assert (ran.code, "NS_JOB_OUTPUT_NOT_READY" in ran.err) == (1, True)
    assert not list((ui.home.parent / "jobOutput").iterdir())
    ui.broker.files[job(1)] = {}
    assert "No output files to be retrieved for the job:" in ui.run("glite-job-output", job(1)).out


def test_output_of_nodes(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), children=[job(2), job(3)])
    ui.broker.jobs[job(2)] = fake(job(2), parent=job(1), attributes={"Node_name": "a"})
    ui.broker.jobs[job(3)] = fake(job(3), parent=job(1), attributes={"Node_name": "b"})
    ui.broker.files[job(2)] = {"std.out": "x"}
    ran = ui.run("glite-job-output", "--dir", "d", job(1))
    folder = ui.home / "d" / f"student01_{job(1)[-22:]}"
    assert [str(path.relative_to(folder)) for path in folder.rglob("*")] == ["a", "a/std.out"]
    assert "NS_JOB_OUTPUT_NOT_READY" in ran.err
    assert ui.broker.purged == [job(2)], "what is left of a collection can still be had"


def test_a_collection_is_cleared_with_its_nodes(ui: Any, job: Id) -> None:
    """gLite purges the whole, and leaves a map of names and ids; suites count the Cleared ones."""
    ui.broker.jobs[job(1)] = fake(job(1), children=[job(2), job(3)])
    ui.broker.jobs[job(2)] = fake(job(2), parent=job(1), attributes={"Node_name": "a"})
    ui.broker.jobs[job(3)] = fake(job(3), parent=job(1), state="Aborted", attributes={"Node_name": "b"})
    ui.broker.files[job(2)] = {"std.out": "x"}
    (ui.home / "x/ids_nodes.map").mkdir(parents=True)
    ran = ui.run("glite-wms-job-output", "--nopurge", "--nosubdir", "--dir", "x", job(1))
    assert "ids_nodes.map: Is a directory; the output is there" in ran.err
    ran = ui.run("glite-wms-job-output", "--nosubdir", "--dir", "d", job(1))
    assert f"Output sandbox files for the DAG/Collection :\n{job(1)}\nhave been" in ran.out
    told = (ui.home / "d/ids_nodes.map").read_text().splitlines()
    assert told[0] == f"Dag JobId: {job(1)}"
    assert told[2:5] == ["\tNode Name:\ta", f"\tJobId:    \t{job(2)}", f"\tDir:      \t{ui.home}/d/a"]
    ui.run("glite-wms-job-output", "--nopurge", "--dir", "e", job(1))
    assert ui.broker.purged == [job(2), job(1)]


def test_cancel_asks(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), state="Running")
    ui.broker.jobs[job(2)] = fake(job(2))
    ran = ui.run("glite-job-cancel", job(1), stdin="n\n")
    assert (ran.code, ran.out.endswith("bye\n")) == (0, True)
    assert "Are you sure you want to remove specified job(s) [y/n]y : " in ran.out
    assert "Success" in ui.run("glite-job-cancel", job(1), stdin="y\n").out
    ran = ui.run("glite-job-cancel", "--noint", "-o", "gone", job(1), job(2))
    assert (ran.code, "NS_JOB_CANCEL_NOT_ALLOWED" in ran.err) == (255, True)
    assert job(1) in (ui.home / "gone").read_text()
    assert job(1) in ui.run("glite-job-cancel", "--noint", "--all").out


def test_nomsg_prints_nothing_but_the_id(ui: Any) -> None:
    ui.file("slip.jdl", 'Executable = "/bin/true";\nStdOuput = "a";\nRequirements = "false";')
    ran = ui.run("glite-wms-job-submit", "-a", "--nomsg", "slip.jdl")
    assert (ran.out, ran.err) == (f"{ui.broker.sent[0].id}\n", "")


def test_register_and_start(ui: Any) -> None:
    out = ui.run("glite-wms-job-submit", "-a", "--register-only", "hw.jdl").out
    (job,) = ui.broker.sent
    assert ("successfully registered" in out, ui.broker.started) == (True, [])
    assert f"glite-wms-job-submit --start {job.id}" in out
    ui.broker.jobs[job.id] = fake(job.id, state="Submitted")
    assert "successfully started" in ui.run("glite-wms-job-submit", "--start", job.id).out
    assert ui.broker.started == [job.id]
    for other in ("--register-only", "--valid=1:00", "--collection=x", "-r=a:1/jobmanager-b-c"):
        ran = ui.run("glite-wms-job-submit", "--start", job.id, other)
        assert (ran.code, "exclude each other" in ran.err) == (1, True)


def test_a_job_that_was_registered_alone_is_noted(ui: Any) -> None:
    ui.broker.full = True
    ran = ui.run("glite-job-submit", "-o", "ids", "hw.jdl")
    assert (ran.code, "is registered, but was not started" in ran.err) == (1, True)
    header = "#*Following Job Registered but Submission failed (try use --start option)"
    assert (ui.home / "ids").read_text() == f"{header}\n{ui.broker.sent[0].id}\n"
