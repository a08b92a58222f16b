"""The small interface that dom0, nodes and the outside share."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Protocol

from harness.command import CommandResult

PATIENCE = 120.0
"""Seconds a command may take unless its caller knows better; generous, since machines are busy."""


class Place(Protocol):
    """Somewhere commands run and sockets open."""

    @property
    def name(self) -> str: ...

    def run(
        self, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        """Run a shell line (text) or an argument vector; never raises for its exit code."""
        ...

    def open_socket(self, host: str, port: int, timeout: float = 10.0) -> socket.socket:
        """Connect by TCP from there; ``host`` is an address.  Raises OSError."""
        ...

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file there, replacing it in one step."""
        ...
