"""A dom0 of another kind, reached by ssh alone: a box comes up on it, and checks of it pass.

Nothing above harness/dom0 can tell the difference, or it would enter some process of this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box import bringup, teardown
from harness.box.box import Box
from harness.console import Console, Style
from harness.dom0.standing import is_up
from harness.sitefile import load
from harness.state import checkout
from tests.integration.dom0 import rig, sshdom0

pytestmark = pytest.mark.root

CHECKS = (
    "tests/acceptance/test_network.py",
    "tests/acceptance/test_ce.py::test_globus_job_run",
    "tests/acceptance/test_box.py::test_restart_node",
)
CHECKING = 540.0
"""Seconds for these checks; they take 80 on an idle machine."""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The default site's, on a rented machine; nothing of either is left."""
    if not rig.is_root():
        pytest.skip("boxes need root")
    directory = tmp_path_factory.mktemp("rented")
    text = (checkout() / "icebox.toml").read_text()
    assert 'kind = "embedded"' in text
    site_file = directory / "icebox.toml"
    site_file.write_text(text.replace('kind = "embedded"', f'kind = "{sshdom0.NAME}"'))
    (directory / "gridbox-ports.cfg").write_bytes((checkout() / "gridbox-ports.cfg").read_bytes())
    number = os.getpid() % 10**6
    console = Console(style=Style.QUIET)
    with rig.rented(f"far{number}", directory) as told, pytest.MonkeyPatch.context() as patch:
        patch.setenv(rig.RIG, str(told))
        name = f"near{number}"
        made = bringup.start(bringup.Request(load(site_file), name), console)
        try:
            yield made
        finally:
            made.close()
            teardown.stop(name, console, destroy=True)
    assert not is_up(name, made.ledger)


def test_it_is_the_other_kind(box: Box) -> None:
    assert isinstance(box.dom0, sshdom0.SshDom0)
    assert sorted(box.machines.running()) == sorted(node.name for node in box.site.nodes)
    assert box.down() == []


def test_a_node_is_entered_when_its_network_is_not(box: Box) -> None:
    inside = box.inside(box.site.wn)
    assert inside is not None
    assert inside.run("hostname").stdout.strip() == box.site.wn.fqdn
    assert "libvirtd" in " ".join(box.dom0.logs())


def test_checks_pass(box: Box, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "tests.integration.dom0.sshdom0", *CHECKS]
    words += [f"--box={box.name}", f"--run-dir={tmp_path / 'run'}"]
    done = subprocess.run(
        ["setpriv", "--pdeathsig", "KILL", *words],
        cwd=checkout(),
        env={**os.environ, "PYTHONPATH": str(checkout())},
        capture_output=True,
        text=True,
        timeout=CHECKING,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
