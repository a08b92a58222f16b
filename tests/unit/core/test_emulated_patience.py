"""How long emulated nodes are waited for: by what was measured, and by what their dom0 has become since."""

from types import SimpleNamespace
from typing import Any

import pytest

from harness.box import ready
from harness.box.patience import MOST
from harness.dom0.pace import USUAL


@pytest.mark.parametrize(
    ("emulated", "then", "now", "seconds"),
    [
        (1.0, 2.0, 30.0, 600.0),
        (40.0, 2.0, 2.0, 2400.0),
        (40.0, 2.0, 8.0, 3200.0),
        (40.0, 6.0, 2.0, 2400.0),
        (400.0, 2.0, 2.0, MOST),
    ],
    ids=["containers", "steady", "slower since", "faster since", "beyond belief"],
)
def test_patience(
    monkeypatch: pytest.MonkeyPatch, emulated: float, then: float, now: float, seconds: float
) -> None:
    measured = [then, now, now] if emulated > 1.0 else [now, now]
    monkeypatch.setattr(ready, "slowness", lambda dom0: measured.pop(0))
    box: Any = SimpleNamespace(dom0=None, pace=emulated / USUAL if emulated > 1.0 else 1.0)
    patience = ready._patience(box, 240.0, 20.0)
    assert not patience.is_over(seconds - 1)
    assert patience.is_over(seconds)
