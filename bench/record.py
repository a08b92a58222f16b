"""A pytest plugin (``-p bench.record``): every line the checks type, with all it takes to type it again.

Allure's steps carry line, place, exit code and output; what they lack is standard input, variables, and the
lines that session fixtures typed.  One file for each process in ``$ICEBOX_BENCH_RECORD``, one JSON object a
line.
"""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.access.shell import Shell
from harness.command import CommandResult
from harness.dom0.place import PATIENCE

DIRECTORY = "ICEBOX_BENCH_RECORD"
ALONE = "alone"


class Recorder:
    """Stands before ``Shell.run`` while a session runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.test, self.alone = "", False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.test, self.alone = item.nodeid, item.get_closest_marker(ALONE) is not None
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        started = time.time()
        try:
            return (yield)
        finally:
            took = time.time() - started
            self.write(kind="test", test=item.nodeid, alone=self.alone, at=started, seconds=took)

    def line(self, shell: Shell, stdin: str, timeout: float, started: float, result: CommandResult) -> None:
        """Write down a line that has been typed."""
        self.write(
            kind="line",
            test=self.test,
            alone=self.alone,
            at=started,
            seconds=result.seconds,
            node=shell.name,
            user=shell.account.user,
            line=result.command,
            stdin=stdin,
            environment=dict(shell.environment),
            timeout=timeout,
            code=result.exit_code,
            stdout=result.stdout,
        )

    def write(self, **content: Any) -> None:
        # One write of one line: threads of a check type at the same time.
        with self.path.open("ab", buffering=0) as file:
            file.write(json.dumps(content).encode() + b"\n")


def pytest_configure(config: pytest.Config) -> None:
    """Take part in every process of the session that types lines."""
    directory = os.environ.get(DIRECTORY)
    if directory is None:
        return
    recorder = Recorder(Path(directory) / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.jsonl")
    config.pluginmanager.register(recorder, "icebox-recorder")
    typed = Shell.run

    def run(
        shell: Shell, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        line = command if isinstance(command, str) else shlex.join(command)
        started = time.time()
        result = typed(shell, line, stdin=stdin, timeout=timeout)
        recorder.line(shell, stdin, timeout, started, result)
        return result

    setattr(Shell, "run", run)  # noqa: B010
