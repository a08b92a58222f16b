"""One command that ran somewhere, and what came of it."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from harness.errors import CheckFailed, HarnessError, shortened

TAIL = 12
"""Lines of output that an error repeats."""
TYPED = 160
"""Characters of a command that a message repeats; the report has all of them."""
DIFFERENT = 50
"""Commands of one wait that are kept; polls repeat a few, and only names made up each time make more."""
REASON = 300
"""Characters of the line that says why a command failed."""
_PROGRESS = re.compile(r"[.+*]{4,}")
_REASON = re.compile(
    r"error|fail|can'?t|cannot|could not|unable|refused|denied|no such|not found|no route|timed out|"
    r"time-?out|expired|revoked|unknown|not permitted|no space|invalid|not (?:yet )?valid|no answer|dead|"
    r"not (?:currently )?(?:available|allowed)|currently not",
    re.IGNORECASE,
)
SLOW = "no answer in time"
"""Why a command was ended whose time was over; the last words of what is written then."""
_BARE_CODE = re.compile(r"\(?error code \d+\)?")
"""What Globus ends a chain of errors with: the line before has the words."""
_CODE_FIRST = re.compile(r"^\s*(Error: [A-Z_]+)\s*\n\s*", re.MULTILINE)
"""What gLite begins an error with: the line behind it has the words."""
TIMED_OUT = 124
"""Exit code of a command that was ended for its time-out, as coreutils' timeout has it."""
KILLED = 128
"""What shells add to the number of a signal that killed a command."""


@dataclass(frozen=True)
class CommandResult:
    """A finished command: the line as typed, where it ran, and its outcome.

    ``seconds`` is wall time; ``stdout`` and ``stderr`` are decoded as UTF-8 with replacement.  ``signal``
    names what killed it (``KILL``), and is empty for one that ended by itself.
    """

    command: str
    where: str
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    times: int = 1
    """How often it was typed while something was awaited; the outcome is that of the last time."""
    signal: str = ""

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
    """Why first, since that is what a list of checks has room for; then what was typed."""
    typed = f"`{shortened(result.command, TYPED)}`"
    if result.exit_code == TIMED_OUT and result.stderr.rstrip().endswith(SLOW):
        return f"no answer within {result.seconds:.0f} s ({typed} was ended then)"
    how = f"was killed by SIG{result.signal}" if result.signal else f"ended with exit code {result.exit_code}"
    ended, why = f"{typed} {how}", reason(result.output)
    return f"{why} ({ended})" if why else ended


def reason(text: str) -> str:
    """The line of a command's output that says what went wrong; empty if none does.

    The last such line: Globus begins with the general and ends with the particular.  One that ends with a
    colon says where more stands, as the commands of gLite do in the end.
    """
    lines = _CODE_FIRST.sub(r"\1: ", without_progress(text)).splitlines()
    telling = [line.strip().rstrip(".") for line in lines if _REASON.search(line)]
    telling = [line for line in telling if not line.endswith(":")] or telling
    code = telling.pop() if len(telling) > 1 and _BARE_CODE.fullmatch(telling[-1]) else ""
    return shortened(" ".join(filter(None, [*telling[-1:], code])), REASON)


def without_progress(text: str) -> str:
    """The text without the dots that make-believe progress, or OpenSSL's key generation, puts into it."""
    lines = (_PROGRESS.sub("", line).rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line.strip())


def _last_words(result: CommandResult) -> str:
    lines = without_progress(result.output).splitlines()[-TAIL:]
    return "\n       ".join(lines) or "it printed nothing"


def of_signal(name: str) -> int:
    """The exit code that shells give a command which the signal ``name`` (``KILL``) killed."""
    return KILLED + getattr(signal, f"SIG{name}", 0)


Listener = Callable[[CommandResult], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` told of every command that finishes in this context.

    Blocks nest: when one ends, whoever listened before it does so again, and nobody else.
    """
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


@contextmanager
def gathered() -> Iterator[None]:
    """Tell the listener of commands that are typed again and again once, with the last outcome of each."""
    listener = _listener.get()
    if listener is None:
        yield
        return
    seen: dict[tuple[str, str], CommandResult] = {}
    lock = threading.Lock()

    def note(result: CommandResult) -> None:
        place = result.where, result.command
        with lock:
            # In the order of their last time; what was typed once in the beginning may be forgotten.
            before = seen.pop(place, None)
            seen[place] = replace(result, times=result.times + (before.times if before else 0))
            if len(seen) > DIFFERENT:
                del seen[next(iter(seen))]

    try:
        with listening(note):
            yield
    finally:
        for result in list(seen.values()):
            listener(result)
