"""Programs of a slow machine wait longer for what runs on it and its neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridware import pace
from gridware.gridinfo import command, ready
from gridware.wms.transport import Broker


@pytest.mark.parametrize(
    ("text", "seconds"), [("12\n", 60.0), ("1\n", 5.0), ("0\n", 5.0), ("soon", 5.0), ("", 5.0), (None, 5.0)]
)
def test_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, seconds: float) -> None:
    monkeypatch.setattr(pace, "FILE", str(tmp_path / "pace"))
    if text is not None:
        (tmp_path / "pace").write_text(text)
    assert pace.longer(5.0) == seconds


def test_a_command_that_is_too_slow_for_a_usual_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "FILE", str(tmp_path / "pace"))
    monkeypatch.setattr(command, "SECONDS", 0.1)
    asked = ("sh", "-c", "sleep 0.5; echo there")
    assert command.output(asked) is None
    (tmp_path / "pace").write_text("100\n")
    assert command.output(asked) == "there\n"


def test_a_broker_and_the_records_of_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "FILE", str(tmp_path / "pace"))
    (tmp_path / "pace").write_text("7\n")
    assert Broker("rb", "/nowhere")._timeout == 210
    given: list[float] = []

    def connected(_address: object, seconds: float) -> None:
        given.append(seconds)
        raise ConnectionRefusedError

    monkeypatch.setattr(ready.socket, "create_connection", connected)
    assert ready.ask("ce", 2172) == ""
    assert not ready.answers("ce", 2170)
    assert given == [3.5, 3.5]
