"""One command that ran somewhere, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from harness.errors import CheckFailed, HarnessError

TAIL = 12
"""Lines of output that an error repeats."""


@dataclass(frozen=True)
class CommandResult:
    """A finished command: the line as typed, where it ran, and its outcome.

    ``seconds`` is wall time; ``stdout`` and ``stderr`` are decoded as UTF-8 with replacement.
    """

    command: str
    where: str
    exit_code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def output(self) -> str:
        """Both streams, as a person at a terminal would read them."""
        return self.stdout + self.stderr

    def check(self, remedy: str = "") -> CommandResult:
        """Return itself, or raise CommandError if the exit code is not 0: the harness needs it."""
        if not self.ok:
            raise CommandError(self, remedy)
        return self

    def expect_success(self, remedy: str = "") -> CommandResult:
        """Return itself, or raise CommandFailed when the exit code is not 0: the box must do this."""
        if not self.ok:
            raise CommandFailed(self, remedy)
        return self


class CommandError(HarnessError):
    """A command that the harness needs did not succeed."""

    def __init__(self, result: CommandResult, remedy: str = "") -> None:
        self.result = result
        super().__init__(_ended(result), where=result.where, why=_last_words(result), remedy=remedy)


class CommandFailed(CheckFailed):
    """A command that has to succeed for a student did not."""

    def __init__(self, result: CommandResult, remedy: str = "") -> None:
        self.result = result
        super().__init__(_ended(result), where=result.where, why=_last_words(result), remedy=remedy)


def _ended(result: CommandResult) -> str:
    return f"`{result.command}` ended with exit code {result.exit_code}"


def _last_words(result: CommandResult) -> str:
    return "\n       ".join(result.output.strip().splitlines()[-TAIL:]) or "it printed nothing"


Listener = Callable[[CommandResult], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` told of every command that finishes in this context."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def announce(result: CommandResult) -> CommandResult:
    """Tell the listener, if any, and return the result."""
    listener = _listener.get()
    if listener is not None:
        listener(result)
    return result
