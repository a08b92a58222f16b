"""A listener of the harness' own on a node, here on this machine."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from harness.dom0.place import Place
from harness.dom0.talk import Answer
from harness.probes import listener


class Node(Place):
    """This machine, as one that is many times slower."""

    name = "node"

    @property
    def pace(self) -> float:
        return 50.0

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
