"""What nodes wait for by themselves goes by the pace of the machine that hosts them."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box.content import Content, _outside_files
from harness.image.layer import File
from harness.image.template import render
from harness.state import checkout
from tests.unit.sites import SITE

PARTS = checkout() / "box/parts"
TIMES = re.compile(
    r"cred_expire=(\d+)|^(?:SlurmdTimeout|InactiveLimit|KillWait|MessageTimeout|TCPTimeout)=(\d+)$", re.M
)


def rendered(name: str, pace: float) -> str:
    """A template of the box's, for the CE of the default site."""
    made: Any = SimpleNamespace(_pace=lambda: pace)
    context = {"site": SITE, "node": SITE.ce, "seconds": lambda usual: Content._seconds(made, usual)}
    return render((PARTS / name).read_text(), context, Path(name))


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [(1.0, [30, 20, 10, 2, 30, 5]), (2.5, [75, 50, 25, 5, 75, 13]), (30.0, [900, 600, 100, 60, 900, 150])],
)
def test_the_batch_system(pace: float, seconds: list[int]) -> None:
    found = TIMES.finditer(rendered("batch/site/etc/slurm/slurm.conf.j2", pace))
    assert [int(each[1] or each[2]) for each in found] == seconds


@pytest.mark.parametrize(("pace", "seconds"), [(1.0, 15), (12.0, 180)])
def test_a_file_server_is_connected_to(pace: float, seconds: int) -> None:
    found = rendered("client/site/etc/xrootd/client.conf.j2", pace)
    assert f"\nConnectionWindow = {seconds}\n" in found
    copies = rendered("se/site/etc/systemd/system/xrootd@icebox.service.d/copies.conf.j2", pace)
    assert f"\nEnvironment=XRD_CONNECTIONWINDOW={seconds} XRD_CONNECTIONRETRY=2\n" in copies


@pytest.mark.parametrize(("pace", "second"), [(1.0, 1), (1.2, 2), (12.0, 12), (30.0, 30)])
def test_names_and_programs(pace: float, second: int) -> None:
    assert rendered("node/site/etc/icebox/pace.j2", pace) == f"{second}\n"
    assert f"timeout:{second} " in rendered("node/site/etc/resolv.conf.j2", pace)
    [resolver] = [f for f in _outside_files(second) if isinstance(f, File) and f.path == "/etc/resolv.conf"]
    assert f"timeout:{second} ".encode() in resolver.content


def test_a_resolver_takes_no_more_than_it_may() -> None:
    """RES_MAXRETRANS of resolv.conf(5)."""
    assert "timeout:30 " in rendered("node/site/etc/resolv.conf.j2", 31.0)
