"""Standard input, output and error, whatever the caller left of them.

What can't be written is lost and changes nothing else: a closed pipe (``| head``) or a full disk must not
hide how a command ended.  Standard library only: the launcher uses it.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, TextIO, cast

NUMBERS = (0, 1, 2)
QUIET = (errno.EPIPE, errno.EBADF)
"""Whoever reads has had enough, or nobody ever read."""


class _Steady:
    """A text stream whose writing never raises; after a failure it goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError) as error:
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        """Point the descriptor at nothing, so that what is still buffered does not fail again."""
        try:
            number = self._stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number, inheritable=number in NUMBERS)
            os.close(nowhere)
        except (OSError, ValueError):
            return  # it has no descriptor, or none any more
        if number == 1 and isinstance(error, OSError) and error.errno not in QUIET:
            why = error.strerror or str(error)
            steady(sys.stderr).write(f"icebox: standard output can't be written: {why}\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def steady(stream: TextIO | None) -> TextIO:
    """The stream, so that writing to it never raises; None, as Python has for a closed one, is nowhere."""
    if stream is None:
        stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as this process
    already: object = stream
    return stream if isinstance(already, _Steady) else cast(TextIO, _Steady(stream))


def mend() -> None:
    """Have all three open: else the next file that is opened gets the number, and what is said goes there."""
    for number in NUMBERS:
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name may have what a terminal can't show
    sys.stdout, sys.stderr = steady(sys.stdout), steady(sys.stderr)
