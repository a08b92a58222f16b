"""A box that does not come up: the first error is the one that is told."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.box import bringup, host, teardown
from harness.console import Console, Style
from harness.errors import HarnessError
from harness.image import accounts, build
from harness.ledger import Ledger, LedgerError
from harness.sitefile import load
from harness.state import checkout


def fails(*_: object) -> None:
    raise HarnessError("the cause")


@pytest.fixture
def request_of_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bringup.Request:
    """On a host that has everything, with an image that suits, a box that does not come up."""
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path))
    monkeypatch.setattr(host, "check", lambda nodes, kind: None)
    monkeypatch.setattr(build, "ensure", lambda console: SimpleNamespace(base=SimpleNamespace(root=tmp_path)))
    monkeypatch.setattr(accounts, "texts_of", lambda root: None)
    monkeypatch.setattr(accounts, "check_names", lambda texts, site: None)
    monkeypatch.setattr(bringup, "_start", fails)
    return bringup.Request(load(checkout() / "icebox.toml"), "some")


@pytest.mark.parametrize(("kinds", "begun"), [({"names"}, True), ({"names", "data"}, False)])
def test_names_that_are_left_keep_no_box_from_coming_up(
    monkeypatch: pytest.MonkeyPatch, request_of_some: bringup.Request, kinds: set[str], begun: bool
) -> None:
    def left(ledger: Ledger) -> None:
        raise LedgerError(ledger.box, [HarnessError("it resists")], frozenset(kinds))

    monkeypatch.setattr(teardown, "undo_run", left)
    with pytest.raises(HarnessError, match="the cause" if begun else "it resists"):
        bringup.start(request_of_some, Console(io.StringIO(), style=Style.PLAIN))


def test_what_resists_does_not_hide_the_cause(
    monkeypatch: pytest.MonkeyPatch, request_of_some: bringup.Request
) -> None:

    def resists(ledger: Ledger) -> None:
        # The first call is the one before the start: nothing is there yet.
        if calls:
            raise LedgerError(ledger.box, [HarnessError("it resists")])
        calls.append(ledger.box)

    calls: list[str] = []
    monkeypatch.setattr(teardown, "undo_run", resists)
    said = io.StringIO()
    with pytest.raises(HarnessError, match="the cause"):
        bringup.start(request_of_some, Console(said, style=Style.PLAIN))
    assert "it resists" in said.getvalue()
