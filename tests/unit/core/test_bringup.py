"""A box that does not come up: the first error is the one that is told."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from harness.box import bringup, host, teardown
from harness.console import Console, Style
from harness.errors import HarnessError
from harness.image import build
from harness.ledger import Ledger, LedgerError
from harness.sitefile import load
from harness.state import checkout


def test_what_resists_does_not_hide_the_cause(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path))
    monkeypatch.setattr(host, "check", lambda nodes: None)
    monkeypatch.setattr(build, "ensure", lambda console: None)

    def fails(*_: object) -> None:
        raise HarnessError("the cause")

    def resists(ledger: Ledger) -> None:
        # The first call is the one before the start: nothing is there yet.
        if calls:
            raise LedgerError(ledger.box, [HarnessError("it resists")])
        calls.append(ledger.box)

    calls: list[str] = []
    monkeypatch.setattr(bringup, "_start", fails)
    monkeypatch.setattr(teardown, "undo_run", resists)
    said = io.StringIO()
    request = bringup.Request(load(checkout() / "icebox.toml"), "some")
    with pytest.raises(HarnessError, match="the cause"):
        bringup.start(request, Console(said, style=Style.PLAIN))
    assert "it resists" in said.getvalue()
