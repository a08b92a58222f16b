"""`icebox test`: tox's arguments, and the closing line."""

import configparser
import sys
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.setup import testing
from harness.setup.machine import CHECKOUT, Machine

JUNIT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


def test_arguments_go_to_tox() -> None:
    argv = testing.command(Machine(), ["-e", "unit", "--", "-k", "x"])
    assert argv[1:3] == ["-m", "tox"]
    assert argv[-5:] == ["-e", "unit", "--", "-k", "x"]


def test_tox_uses_the_python_that_runs_us() -> None:
    assert testing.environment()["ICEBOX_PYTHON"] == sys.executable


def test_counts_of_all_environments_are_added(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text(JUNIT.format(10, 1, 1, 2))
    (tmp_path / "acceptance.xml").write_text(JUNIT.format(5, 0, 0, 0))
    assert str(testing.total(tmp_path)) == "11 passed, 2 failed, 2 skipped"


def test_no_tests_no_line(tmp_path: Path) -> None:
    assert testing.total(tmp_path) is None


def test_a_torn_result_is_the_harness_s_fault(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text("<testsuites>")
    with pytest.raises(HarnessError, match="no readable result"):
        testing.total(tmp_path)


def test_every_environment_runs_the_prepared_python() -> None:
    environments = configparser.ConfigParser(interpolation=None)
    environments.read(CHECKOUT / "tox.ini")
    commands = [
        line for section in environments.values() for line in section.get("commands", "").splitlines() if line
    ]
    assert commands
    ours = ("{env:ICEBOX_PYTHON", "setpriv --pdeathsig TERM {[testenv]commands}")
    assert all(line.startswith(ours) for line in commands)
