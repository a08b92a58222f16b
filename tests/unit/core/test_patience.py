"""A slow machine is waited for longer, by what a small program takes there."""

from collections.abc import Sequence

import pytest

from harness.box.patience import MOST, Patience
from harness.dom0 import pace
from harness.dom0.place import Place


class Slow(Place):
    """Where each command takes a tenth of a second more than here."""

    name = "slow"

    def words(self, command: Sequence[str]) -> list[str]:
        return ["sh", "-c", 'sleep 0.1; exec "$@"', "slow", *command]


@pytest.mark.parametrize(
    ("slowness", "passed", "over"),
    [
        (1.0, 239.0, False),
        (1.0, 240.0, True),
        (12.0, 240.0, True),
        (40.0, 799.0, False),
        (40.0, 800.0, True),
        (1e6, MOST, True),
    ],
)
def test_over(slowness: float, passed: float, over: bool) -> None:
    assert Patience(240.0, 20.0, lambda: slowness).is_over(passed) is over


def test_nobody_measures_before_it_matters() -> None:
    def measured() -> float:
        raise AssertionError("too early")

    assert not Patience(240.0, 20.0, measured).is_over(239.9)


def test_measured_at_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pace.slowness(Slow()) >= 0.1 / pace.IDLE
    monkeypatch.setattr(pace, "IDLE", 1e9)
    assert pace.slowness(Slow()) == 1.0
