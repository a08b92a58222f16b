"""A pytest plugin of all checks: every line that they type, with all it takes to type it again.

Allure's steps carry line, place, exit code and output; what they lack is standard input, variables, and the
lines that session fixtures typed.  One file for each process in ``$ICEBOX_BENCH_RECORD``, one JSON object a
line; without that variable it does nothing.
"""

import base64
import json
import os
import shlex
import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.access.shell import Shell
from harness.command import CommandResult
from harness.dom0.place import PATIENCE

DIRECTORY = "ICEBOX_BENCH_RECORD"
ALONE = "alone"


class Recorder:
    """Writes down what is done while a session runs."""

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

    def typed(
        self, shell: Shell, line: str, stdin: str, timeout: float, run: Callable[[], CommandResult]
    ) -> CommandResult:
        """Have a line typed, and write down how that went."""
        started = time.time()
        result = run()
        self.step(
            shell,
            started,
            kind="line",
            line=line,
            stdin=stdin,
            timeout=timeout,
            seconds=result.seconds,
            code=result.exit_code,
            stdout=result.stdout,
        )
        return result

    def step(self, shell: Shell, at: float, **content: Any) -> None:
        """Write down one thing done in an account."""
        who = {"node": shell.name, "user": shell.account.user, "environment": dict(shell.environment)}
        self.write(test=self.test, alone=self.alone, at=at, **who, **content)

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
    run, put = Shell.run, Shell.put

    def recorded_run(
        shell: Shell, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        line = command if isinstance(command, str) else shlex.join(command)
        typing = partial(run, shell, line, stdin=stdin, timeout=timeout)
        return recorder.typed(shell, line, stdin, timeout, typing)

    def recorded_put(shell: Shell, path: str, content: bytes, mode: int = 0o644) -> None:
        encoded = base64.b64encode(content).decode()
        recorder.step(shell, time.time(), kind="put", path=path, content=encoded, mode=mode)
        put(shell, path, content, mode)

    # Set by name: mypy takes an assignment to a method for a mistake.
    setattr(Shell, "run", recorded_run)  # noqa: B010
    setattr(Shell, "put", recorded_put)  # noqa: B010
