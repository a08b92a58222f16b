"""Clocks: grid security takes no proxy from another time."""

import time
from collections.abc import Callable
from datetime import datetime

import allure
import pytest

from harness.access.shell import Shell
from harness.box.box import Box
from harness.checks import clock, notice, together
from harness.dom0.place import Place
from harness.horizon import horizon
from harness.site import Node, Site


@pytest.mark.check(
    "TIME-1",
    role="time",
    title="clocks agree",
    learns="Nodes, dom0, laptops and proxies are of one time; five minutes off, and all is refused.",
    severity="critical",
)
def test_clocks(
    box: Box,
    site: Site,
    dom0: Place,
    outside: Shell,
    root_of: Callable[[Node], Shell],
    student_without_proxy: Callable[[str], Shell],
    request: pytest.FixtureRequest,
) -> None:
    machines = [("dom0", dom0.run), ("outside", outside.run)]
    machines += [(node.name, root_of(node).run) for node in site.nodes]
    readings = together.each(machines, lambda machine: clock.read(f"the clock of {machine[0]}", machine[1]))
    readings += _of_proxy(site, student_without_proxy("clock"))
    with allure.step("; ".join(map(str, readings))):
        pass
    clock.expect_agreement(readings)
    slow = [str(reading) for reading in readings if reading.off > clock.WARNING]
    notice.warn(request.node, slow, clock.REMEDY)
    notice.warn(request.node, list(clock.unkept(dom0)), clock.KEEP)


def _of_proxy(site: Site, student: Shell) -> list[clock.Reading]:
    before = time.time()
    student.run(f"voms-proxy-init -voms {site.vo}").expect_success("check UI-2 tells more about proxies")
    after = time.time()
    proxy = student.get(student.environment["X509_USER_PROXY"])
    return list(clock.of_proxy(proxy, before, after, machine=site.ui.name, server=site.rb.name))


@pytest.mark.horizon
@pytest.mark.check(
    "TIME-2",
    role="time",
    title="what ends before the school does is known",
    learns="Certificates, CRLs, kept proxies, names, accounts, disks: what fails before the last day.",
    severity="normal",
)
def test_horizon(box: Box, last_day: datetime, request: pytest.FixtureRequest) -> None:
    ahead = horizon.look(box, last_day)
    for node, tried in ahead.tried.items():
        on = f"{last_day:%Y-%m-%d %H:%M} UTC"
        with allure.step(f"{tried.good} certificates are good on {node} on {on}, by its own openssl"):
            allure.attach(tried.said, f"openssl verify -attime on {node}", allure.attachment_type.TEXT)
    notice.warn(request.node, ahead.warnings(), horizon.REMEDY)
