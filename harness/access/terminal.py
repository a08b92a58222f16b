"""Where a person types, on whatever machine that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from harness.access.shell import Account
from harness.command import CommandResult
from harness.dom0.place import PATIENCE


class Terminal(Protocol):
    """An account on a node or outside (``Shell``), or a student who sits at a laptop (``Seat``)."""

    name: str
    """Of the machine."""
    account: Account
    """Who types, as the box knows it."""

    def run(
        self, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        """Run a line; an argument vector is quoted first."""
