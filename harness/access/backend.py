"""The testinfra backend that has commands run by whoever can: a Shell, by its connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import testinfra.backend.base as base

from harness.command import CommandResult


class ShellBackend(base.BaseBackend):
    """testinfra's commands, each run by ``run``, which takes a line for a shell."""

    NAME = "icebox"

    def __init__(self, name: str, run: Callable[[str], CommandResult]) -> None:
        super().__init__(name)
        self._run = run

    def run(self, command: str, *args: str, **_: Any) -> base.CommandResult:
        line = self.get_command(command, *args)
        done = self._run(line)
        return self.result(done.exit_code, line, done.stdout, done.stderr)
