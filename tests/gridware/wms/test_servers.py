"""Which broker a command talks to: configuration, endpoint, and what says which."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gridware.wms.conftest import Status

Id = Callable[[int], str]


@pytest.mark.parametrize("command", ["submit", "list-match", "delegate-proxy", "info"])
def test_an_endpoint_that_leads_nowhere(ui: Any, job: Id, command: str) -> None:
    ui.broker.matching = [("ce.example.org:2119/jobmanager-pbs-short", -1.0)]
    asked = ["--jdl", job(1)] if command == "info" else ["-a", "hw.jdl"][: 1 if "proxy" in command else 2]
    real = ui.broker
    real.down = True
    for url in ("https://gone.example.org:7443/glite_wms_wmproxy_server", "https://gone.example.org"):
        ran = ui.run(f"glite-wms-job-{command}", "-e", url, *asked)
        assert (ran.code, "Error - Connection failed" in ran.err) == (1, True)
    assert set(ui.places) == {("gone.example.org", 7443)}
    for url in ("https://rb.example.org:7443/elsewhere", "http://rb.example.org:7443"):
        ran = ui.run(f"glite-wms-job-{command}", "-e", url, *asked)
        assert (ran.code, f"{url} is no WMProxy" in ran.err) == (1, True)
    if command != "info":
        ui.monkeypatch.setenv("GLITE_WMS_WMPROXY_ENDPOINT", "https://gone.example.org:7443")
        assert "Error - Connection failed" in ui.run(f"glite-wms-job-{command}", *asked).err
    assert not real.sent
    assert not (ui.home / ".glite").exists()


def test_the_port_that_is_named_is_the_one_that_is_tried(ui: Any, job: Id) -> None:
    for port in ("1234", "9000"):
        url = f"https://rb.example.org:{port}/glite_wms_wmproxy_server"
        ui.run("glite-wms-job-list-match", "-a", "-e", url, "hw.jdl")
    ui.servers.write_text('[ NSAddresses = { "rb.example.org:8443" }; ]')
    assert "host rb.example.org, port 8443" in ui.run("glite-job-submit", "hw.jdl").out
    ui.run("glite-job-output", job(1))
    assert ui.places == [("rb.example.org", port) for port in (1234, 9000, 8443, 8443)]


@pytest.mark.parametrize(
    ("line", "port"),
    [
        ("glite-wms-job-submit -a hw.jdl", 7443),
        ("glite-wms-job-list-match -a hw.jdl", 7443),
        ("glite-wms-job-delegate-proxy -d mine", 7443),
        ("glite-job-output {job}", 7443),
        ("glite-wms-job-cancel --noint {job}", 7443),
        ("glite-wms-job-perusal --unset {job}", 7443),
        ("glite-wms-job-info --proxy {job}", 7443),
        ("glite-wms-job-info --jdl {job}", 9000),
        ("edg-job-status {job}", 9000),
        ("glite-wms-job-status --all", 9000),
        ("glite-job-logging-info {job}", 9000),
    ],
)
def test_what_does_something_goes_to_wmproxy_and_questions_to_the_bookkeeping(
    ui: Any, job: Id, line: str, port: int
) -> None:
    ui.broker.jobs[job(1)] = Status(job(1), attributes={"Jdl": "[ a = 1 ]"})
    ui.run(*line.format(job=job(1)).split())
    assert ui.places == [("rb.example.org", port)]


def test_the_port_of_an_id_may_be_left_out(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = Status(job(1))
    assert f"for the Job : {job(1)}\n" in ui.run("glite-job-status", job(1).replace(":9000", "")).out


@pytest.mark.parametrize("command", ["glite-wms-job-submit -a", "glite-job-submit", "edg-job-submit"])
def test_one_line_alone_has_the_port_of_the_bookkeeping(ui: Any, command: str) -> None:
    """Scripts of the time take the job's id by it."""
    out = ui.run(*command.split(), "hw.jdl").out
    assert [line.split()[-1] for line in out.splitlines() if "9000" in line] == [ui.broker.sent[0].id]


CONFIG = """# A pilot's JDL that is its own configuration
Executable = "/bin/true";
Requirements = other.A;
WmsClient = [
    WMProxyEndPoints = { "https://wms.example.org:7443/glite_wms_wmproxy_server" };
    LBEndPoints = { "https://wms.example.org:9000" };
    MyProxyServer = "no-myproxy.example.org";
    JdlDefaultAttributes = [ RetryCount = 1; ];
];
"""


def test_what_config_says_stands_over_the_other_files(ui: Any) -> None:
    ui.file("own.conf", '[ RetryCount = 7; OutputStorage = "/elsewhere"; ]')
    assert "host rb.example.org, port 7443" in ui.run("glite-job-submit", "-c", "own.conf", "hw.jdl").out
    sent = ui.broker.sent[0].jdl
    assert "RetryCount = 7;" in sent
    assert "ShallowRetryCount = 3;" in sent
    assert 'other.GlueCEStateStatus == "Production"' in sent
    assert 'MyProxyServer = "rb.example.org"' in sent
    ui.file("ns.conf", '[ NSAddresses = "other.example.org"; MyProxyServer = "px.example.org" ];')
    out = ui.run("glite-job-submit", "--config", "ns.conf", "hw.jdl").out
    assert "Connecting to host other.example.org, port 7443" in out
    assert 'MyProxyServer = "px.example.org"' in ui.broker.sent[1].jdl
    ui.monkeypatch.setenv("GLITE_WMSUI_CONFIG_VAR", "ns.conf")
    assert "host other.example.org" in ui.run("glite-job-submit", "hw.jdl").out


def test_a_jdl_may_be_its_own_configuration(ui: Any) -> None:
    ui.file("pilot.jdl", CONFIG)
    out = ui.run("glite-wms-job-submit", "-a", "-c", "pilot.jdl", "pilot.jdl").out
    assert "Connecting to the service https://wms.example.org:7443/glite_wms_wmproxy_server" in out
    sent = ui.broker.sent[0]
    assert sent.id.startswith("https://wms.example.org:9000/")
    assert 'MyProxyServer = "no-myproxy.example.org"' in sent.jdl
    assert "RetryCount = 1;" in sent.jdl
