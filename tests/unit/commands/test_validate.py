"""validate and the process of its checks: what reaches it, and when it ends."""

import signal
import subprocess
from typing import Any, cast

import pytest

from harness.commands import validate
from harness.commands.validate import surroundings


class FakeChecks:
    """A child that does as the script of its waits says."""

    def __init__(self, *waits: type[BaseException] | None) -> None:
        self.waits = list(waits)
        self.got: list[str] = []
        self.limits: list[bool] = []

    def wait(self, timeout: float | None = None) -> int:
        self.limits.append(timeout is not None)
        what = self.waits.pop(0)
        if what is subprocess.TimeoutExpired:
            raise subprocess.TimeoutExpired("pytest", 1)
        if what is not None:
            raise what
        return 0

    def send_signal(self, number: int) -> None:
        self.got.append(signal.Signals(number).name)

    def kill(self) -> None:
        self.got.append("SIGKILL")


CTRL_C, LATE = KeyboardInterrupt, subprocess.TimeoutExpired


@pytest.mark.parametrize(
    ("waits", "got", "interrupted"),
    [
        ((None,), [], False),
        ((CTRL_C, None), ["SIGINT"], True),
        ((CTRL_C, CTRL_C, CTRL_C, None), ["SIGINT"], True),
        ((CTRL_C, LATE, None), ["SIGINT", "SIGKILL"], True),
        ((CTRL_C, CTRL_C, LATE, CTRL_C, None), ["SIGINT", "SIGKILL"], True),
    ],
    ids=["no Ctrl-C", "one", "several", "one that is not heard", "several that are not heard"],
)
def test_ctrl_c_is_passed_on_once_and_enforced(
    waits: tuple[type[BaseException] | None, ...], got: list[str], interrupted: bool
) -> None:
    checks = FakeChecks(*waits)
    assert validate._wait(cast("Any", checks)) is interrupted
    assert checks.got == got
    assert checks.limits[0] is False
    assert all(checks.limits[1:]), "after Ctrl-C nothing is waited for without an end"


def test_settings_for_another_pytest_leave_no_check_out() -> None:
    given = {"PATH": "/bin", "PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "mine", "CI": "1"}
    assert surroundings(given) == {"PATH": "/bin", "CI": "1"}
