"""Certificates of a box that has stood for long: more days of school have new ones made."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from harness.box import bringup, teardown
from harness.box.box import Box
from harness.console import Console, Style
from harness.faults import papers
from harness.horizon import horizon
from harness.pki.certificate import Validity
from harness.pki.request import Request
from harness.sitefile import load
from tests.unit.sites import site_file

DAYS = 14


def ahead(box: Box) -> list[str]:
    try:
        return horizon.look(box, datetime.now(UTC) + timedelta(days=DAYS)).warnings()
    finally:
        box.close()


def test_more_days_of_school_lay_what_lasts(tmp_path_factory: pytest.TempPathFactory) -> None:
    top, name, console = tmp_path_factory.mktemp("site"), f"days{os.getpid()}", Console(style=Style.QUIET)
    file = site_file(top)

    def start() -> Box:
        return bringup.start(bringup.Request(load(file), name), console)

    try:
        first = start()
        kept, ce = papers.authority(first), first.site.ce.fqdn
        first.close()
        teardown.stop(name, console)
        own, now = kept.host(ce), datetime.now(UTC)
        aged = kept.reissued(own, Validity(now - timedelta(days=1), now + timedelta(days=10)), ce)
        (first.files.pki / Request.host(ce).file).write_bytes(own.pem.replace(own.cert_pem, aged))
        [line] = [each for each in ahead(start()) if "the host certificate ends (xencenode)" in each]
        assert "write 15 or more as `school.days`" in line or "write 16 or more as `school.days`" in line
        teardown.stop(name, console)
        site_file(top, ("days = 7", "days = 16"))
        assert ahead(start()) == []
    finally:
        teardown.stop(name, console, destroy=True)
