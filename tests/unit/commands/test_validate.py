"""validate: what of its caller's surroundings reaches the checks."""

from __future__ import annotations

from harness.commands.validate import surroundings


def test_settings_for_another_pytest_leave_no_check_out() -> None:
    given = {"PATH": "/bin", "PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "mine", "CI": "1"}
    assert surroundings(given) == {"PATH": "/bin", "CI": "1"}
