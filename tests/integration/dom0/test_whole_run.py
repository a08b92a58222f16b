"""All checks on a box that is reached by ssh alone."""

import subprocess
from pathlib import Path

import pytest

from harness.state import checkout
from tests.integration.dom0.rig import Rented
from tests.wholeruns import kept_as, passed

pytestmark = pytest.mark.long
CHECKING = 3600.0
"""Seconds for all checks; they take two minutes on an idle machine."""


def test_all_checks_pass(far: Rented, site_file: Path) -> None:
    run_dir = kept_as("remote")
    words = [str(checkout() / "icebox"), "validate", "--site", str(site_file), "--run-dir", str(run_dir)]
    words += ["--box", f"all{far.machine.box}"[:12]]
    done = subprocess.run(
        ["setpriv", "--pdeathsig", "TERM", *words], capture_output=True, text=True, timeout=CHECKING
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    assert passed(run_dir, "remote", "lxc").left_out == ()
