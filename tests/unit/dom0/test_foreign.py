"""A trial of a host's rules that does not end is told of, and stops nobody."""

from __future__ import annotations

import pytest

from harness.dom0 import foreign
from harness.dom0.hostnet import HostNetwork
from harness.network.beside import Surroundings
from tests.unit.network.sites import make_site


def test_a_trial_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(foreign, "TRYING", 0.0)
    monkeypatch.setattr(foreign, "_rules", lambda: iter(()))
    foreign.check(make_site(), HostNetwork({}, {}, ()), Surroundings([]))
    assert "the trial had not ended after 0 s" in capsys.readouterr().err
