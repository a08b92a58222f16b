"""The testinfra backend that speaks over a Shell's connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import testinfra.backend.base as base

if TYPE_CHECKING:
    from harness.access.shell import Shell


class ShellBackend(base.BaseBackend):
    """testinfra's commands, run by a Shell."""

    NAME = "icebox"

    def __init__(self, shell: Shell, *args: Any, **kwargs: Any) -> None:
        super().__init__(shell.name, *args, **kwargs)
        self._shell = shell

    def run(self, command: str, *args: str, **_: Any) -> base.CommandResult:
        line = self.get_command(command, *args)
        done = self._shell.run(line)
        return self.result(done.exit_code, line, done.stdout, done.stderr)
