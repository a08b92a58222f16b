"""A box that does not come up: the first error is the one that is told."""

import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import process
from harness.box import bringup, host, teardown
from harness.box.files import BoxFiles
from harness.console import Console, Style
from harness.errors import HarnessError, HostError, InputError
from harness.image import accounts, build
from harness.ledger import Ledger, LedgerError
from tests.unit.sites import SITE


def fails(*_: object) -> None:
    raise HarnessError("the cause")


@pytest.fixture
def request_of_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bringup.Request:
    """On a host that has everything, with an image that suits, a box that does not come up."""
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path))
    monkeypatch.setattr(host, "check", lambda nodes, kind: None)
    image = SimpleNamespace(base=SimpleNamespace(root=tmp_path))
    monkeypatch.setattr(build, "ensure", lambda console, **_: image)
    monkeypatch.setattr(accounts, "texts_of", lambda root: None)
    monkeypatch.setattr(accounts, "check_names", lambda texts, site: None)
    monkeypatch.setattr(bringup, "_start", fails)
    return bringup.Request(SITE, "some")


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


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, HarnessError, OSError])
def test_however_it_ends_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch,
    request_of_some: bringup.Request,
    tmp_path: Path,
    end: type[BaseException],
) -> None:
    made = tmp_path / "of the run"

    def begin(_request: bringup.Request, ledger: Ledger, *_: object) -> None:
        ledger.intend("directory", str(made))
        made.mkdir()
        raise end("the cause")

    monkeypatch.setattr(bringup, "_start", begin)
    with pytest.raises(end):
        bringup.start(request_of_some, Console(style=Style.QUIET))
    assert not made.exists()
    assert Ledger("some").open_entries() == []


def test_who_was_faster_keeps_the_box(
    monkeypatch: pytest.MonkeyPatch, request_of_some: bringup.Request, tmp_path: Path
) -> None:
    """The image may take minutes: somebody else may have brought the box up meanwhile."""
    theirs, real = tmp_path / "theirs", build.ensure

    def ensure(console: Console, **_: object) -> Any:
        number = os.getppid()
        Ledger("some").intend("owner", str(number), identity=process.identity(number))
        Ledger("some").intend("directory", str(theirs))
        theirs.mkdir()
        return real(console)

    monkeypatch.setattr(build, "ensure", ensure)
    with pytest.raises(InputError, match="already up"):
        bringup.start(request_of_some, Console(style=Style.QUIET))
    assert theirs.exists()


def test_a_directory_that_no_box_has_made_is_left(home: Path) -> None:
    files, request = BoxFiles("some"), bringup.Request(SITE, "some")
    files.top.mkdir(parents=True)
    (files.top / "thesis").touch()
    nothing: Any = None
    with pytest.raises(HostError, match="no box has made"):
        bringup._start(request, Ledger("some"), nothing, nothing, Console(style=Style.QUIET))
    assert (files.top / "thesis").exists()
    assert Ledger("some").open_entries() == []
