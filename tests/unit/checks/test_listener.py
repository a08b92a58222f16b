"""A listener of the harness' own on a node, here on this machine."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.dom0.place import Place
from harness.dom0.talk import Answer
from harness.probes import listener


class Node(Place):
    """This machine, as one that is many times slower."""

    name = "node"
    slower = 50.0

    @property
    def pace(self) -> float:
        return self.slower

    def words(self, command: Sequence[str]) -> list[str]:
        return list(command)


def test_on_a_slow_node_it_lives_as_long_as_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a node may take longer to start it than it lives on a usual one."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(listener, "LIVES", 0.4)
    monkeypatch.setattr(listener, "_PROGRAM", f"import time\ntime.sleep(0.6)\n{listener._PROGRAM}")
    node: Any = Node()

    def ask(seconds: float) -> Answer:
        return node.speak([("line", "127.0.0.1", port)], each=1.0, until=seconds)[0]  # type: ignore[no-any-return]

    assert listener.unreached(node, port, ask) == ""


def test_one_that_comes_when_nobody_asks_any_more_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    asked = tmp_path / "asked"
    waits = f"import os, time\nwhile not os.path.exists({str(asked)!r}): time.sleep(0.01)\n"
    monkeypatch.setattr(listener, "_PROGRAM", waits + listener._PROGRAM)
    node: Any = Node()
    node.slower = 1.0

    def ask(seconds: float) -> Answer:
        if not asked.exists():
            asked.touch()
            return Answer("the connection is refused")
        return node.speak([("line", "127.0.0.1", port)], each=1.0, until=seconds)[0]  # type: ignore[no-any-return]

    assert listener.unreached(node, port, ask) == ""


def test_one_that_can_not_start_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_PROGRAM", "raise SystemExit(1)")
    node: Any = Node()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    refused = Answer("the connection is refused")
    assert listener.unreached(node, port, lambda _: refused) == refused.why
