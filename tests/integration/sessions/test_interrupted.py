"""Ctrl-C while a test has a box: its worker takes it down, though that takes longer than checks are given."""

import os
import signal
import subprocess
import sys

import pytest

from fixtures.controller import WORKERS_END
from harness.deadline import wait_for
from harness.state import checkout
from tests.integration.sessions.conftest import PATIENCE

pytest_plugins = ["pytester"]

CONFTEST = """
from tests.integration.conftest import pytest_configure_node
pytest_plugins = ["fixtures.checks", "fixtures.box"]
"""
CHECKS = f"""
import signal, time
from pathlib import Path
import pytest

@pytest.fixture
def slow():
    yield
    time.sleep({WORKERS_END + 1})
    Path("ended").touch()

def test_some(slow):
    Path("begun").touch()
    signal.pause()
"""


def test_a_worker_ends_its_fixtures(suite: pytest.Pytester) -> None:
    words = [sys.executable, "-m", "pytest", "-n1"]
    environment = {**os.environ, "PYTHONPATH": str(checkout())}
    with subprocess.Popen(words, cwd=suite.path, env=environment, stdout=subprocess.DEVNULL) as child:
        wait_for("the test to begin", (suite.path / "begun").exists, PATIENCE)
        child.send_signal(signal.SIGINT)
        child.wait(PATIENCE)
    assert (suite.path / "ended").exists()
