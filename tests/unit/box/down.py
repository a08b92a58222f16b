"""A box that is down, which is files alone: what stands in it, and what is done with it."""

from collections.abc import Callable
from typing import Any

import pytest

from harness import process
from harness.box import snapshot, teardown
from harness.box.copies import Copies
from harness.box.files import BoxFiles
from harness.console import Console, Style
from harness.ledger import Ledger

BOX = "mine"


def write(down: BoxFiles, text: str) -> None:
    """On a node, and in a home that CE and WNs share."""
    for path in (down.scratch("xenuinode") / "upper", down.stored / "home"):
        path.mkdir(parents=True, exist_ok=True)
        (path / "memo").write_text(text)


def read(down: BoxFiles) -> set[str]:
    return {path.read_text() for path in down.stored.glob("**/memo") if down.snapshots not in path.parents}


def take(down: BoxFiles, name: str) -> snapshot.Snapshot:
    return snapshot.take(down, Ledger(BOX), name, None)


def killed(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, act: Callable[[], object]) -> None:
    """Do it, and be killed in ``name``: nothing of what follows is done, and the process is no more."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(where, name, die)
        patch.setattr(Ledger, "gone", lambda *_: None)
        patch.setattr(Copies, "drop", lambda *_: None)
        with pytest.raises(SystemExit):
            act()
    monkeypatch.setattr(process, "is_signature", lambda _: False)


def clean() -> None:
    teardown.clean(Console(style=Style.QUIET), BOX)
