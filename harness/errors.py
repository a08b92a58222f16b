"""Errors that a person can act on: what went wrong, where, why, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of ``icebox``; documented in docs/commands.md."""

    GO = 0
    NO_GO = 1
    BAD_INPUT = 2
    UNKNOWN = 3


LINE, LINES = 600, 24
"""Characters in a line and lines in a part of an error's text: a message repeats what a screen holds."""


def shortened(given: str, most: int = 200) -> str:
    """What a person gave, so that a message can repeat it: at most so many characters."""
    return given if len(given) <= most else f"{given[:most]}…"


def shown(value: object, most: int = 200) -> str:
    """A value as Python writes it, so that a message can repeat it; never raises."""
    try:
        return shortened(repr(value), most)
    except (ValueError, RecursionError):  # an integer of too many digits (sys.set_int_max_str_digits), a nest
        return "a value too large to be shown"


def on_screen(text: str) -> str:
    """The text without characters that steer a terminal, and no longer than a screen holds."""
    lines = text.split("\n")
    kept = lines if len(lines) <= LINES else [*lines[:LINES], f"       … and {len(lines) - LINES} more lines"]
    return "\n".join(shortened(_plain(line), LINE) for line in kept)


def page(texts: Iterable[str]) -> str:
    """Texts below each other, however long, without such characters: what nodes say is whoever's words."""
    return "\n".join(_plain(line) for text in texts for line in text.split("\n"))


def _plain(line: str) -> str:
    return "".join(map(_printable, line))


def _printable(sign: str) -> str:
    return sign if sign.isprintable() or sign == "\t" else ascii(sign)[1:-1]


class IceboxError(Exception):
    """Base of every error the harness raises on purpose.

    ``what`` is one sentence; ``where`` names the file, node or host; ``why`` is the last thing seen;
    ``remedy`` is what to do next.  Empty parts are left out of the text.
    """

    exit_code = ExitCode.UNKNOWN

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        self.what, self.where, self.why, self.remedy = what, where, why, remedy
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{shortened(self.where, LINE // 2)}: {self.what}" if self.where else self.what
        parts = [head]
        if self.why:
            parts.append(f"  why: {self.why}")
        if self.remedy:
            parts.append(f"  do:  {self.remedy}")
        return "\n".join(map(on_screen, parts))


class InputError(IceboxError):
    """A site file, port table, JDL or argument is wrong."""

    exit_code = ExitCode.BAD_INPUT


class HostError(IceboxError):
    """This machine can't run a box as it is: not root, no space, a package missing."""

    exit_code = ExitCode.BAD_INPUT


class CheckFailed(IceboxError):  # noqa: N818 - the word of the verdict
    """The box does not do what it must: a no-go, and no fault of the harness."""

    exit_code = ExitCode.NO_GO


class HarnessError(IceboxError):
    """The harness itself failed; says nothing about the box."""


class LostError(HarnessError):
    """A connection ended before what was asked over it had said how it ended."""


class UnreachableError(HarnessError):
    """A machine that hosts a box can't be asked: nothing is known of it, and nothing of it may be removed."""


class WaitError(HarnessError):
    """A condition did not come true before its deadline."""


class SilentError(WaitError):
    """What was asked did not answer at all within its time."""
