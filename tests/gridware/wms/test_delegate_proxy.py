"""Proxies that are put aside, and the endpoint they are for."""

import re
from typing import Any


def test_wms_needs_a_delegation(ui: Any) -> None:
    assert "--autm-delegation" in ui.run("glite-wms-job-submit", "hw.jdl").err
    assert "exclude each other" in ui.run("glite-wms-job-submit", "-a", "-d", "x", "hw.jdl").err
    assert "No proxy was delegated" in ui.run("glite-wms-job-submit", "-d", "mine", "hw.jdl").err
    ran = ui.run("glite-wms-job-delegate-proxy", "-d", "mine")
    assert "with the delegation identifier: mine" in ran.out
    assert (ui.home / ".glite/delegations/mine").stat().st_mode & 0o777 == 0o600
    assert ui.run("glite-wms-job-submit", "-d", "mine", "hw.jdl").code == 0
    assert ui.run("glite-wms-job-delegate-proxy", "-d", "../x").code == 1


def test_endpoint(ui: Any) -> None:
    url = "https://other.example.org:7443/glite_wms_wmproxy_server"
    out = ui.run("glite-wms-job-submit", "-a", "-e", url, "hw.jdl").out
    assert f"Connecting to the service {url}" in out
    assert ui.broker.sent[0].id.startswith("https://other.example.org:9000/")


def test_delegate_proxy_names_the_endpoint_as_it_was_asked_for(ui: Any) -> None:
    url = "https://rb.example.org:7443/glite_wms_wmproxy_server"
    ui.run("glite-wms-job-delegate-proxy", "-e", url, "-o", "told", "-d", "mine")
    assert f"\nWMProxy: {url}\n" in (ui.home / "told").read_text()


def test_a_proxy_that_was_put_aside_and_ended_is_told_by_its_name(ui: Any) -> None:
    ui.run("glite-wms-job-delegate-proxy", "-d", "mine")
    ui.left = "0:00:00"
    assert (
        "The delegated Proxy has expired: mine." in ui.run("glite-wms-job-submit", "-d", "mine", "hw.jdl").err
    )
    assert "The delegated Proxy" not in ui.run("glite-wms-job-submit", "-a", "hw.jdl").err


def test_delegate_proxy_writes_its_two_lines(ui: Any) -> None:
    out = ui.run("glite-wms-job-delegate-proxy", "--noint", "-o", "told", "-d", "mine").out
    assert f"saved in the following file:\n{ui.home}/told\n" in out
    lines = (ui.home / "told").read_text().splitlines()
    assert re.fullmatch(r"glite-wms-job-delegate-proxy \(\d\d \w{3} \d{4}, \d\d:\d\d:\d\d \)", lines[0])
    assert lines[2:] == [
        "WMProxy: https://rb.example.org:7443/glite_wms_wmproxy_server",
        "delegation ID: mine",
    ]
    assert "https://rb.example.org:7443" in ui.run("glite-wms-job-delegate-proxy", "--all", "-d", "mine").out
