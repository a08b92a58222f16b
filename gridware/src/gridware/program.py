"""How a function becomes a program: the words of the command line, and its end at a closed pipe.

Few lines and no imports of the library: each command begins here.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the module around it imports enum
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol

    class Program(Protocol):
        """Takes the words behind its name, which are those of this process if none are given."""

        def __call__(self, arguments: list[str] | None = None) -> int: ...


def program(work: Callable[[list[str]], int]) -> Program:
    """A console script of ``work``, which returns its exit code."""

    def run(arguments: list[str] | None = None) -> int:
        return work(sys.argv[1:] if arguments is None else arguments)

    return run


def piped(work: Callable[[list[str]], int]) -> Program:
    """The same; as most commands it ends behind ``| head`` without a word."""

    def run(arguments: list[str] | None = None) -> int:
        if arguments is None:
            _signal.signal(_signal.SIGPIPE, _signal.SIG_DFL)
        return program(work)(arguments)

    return run


def leave(code: int) -> NoReturn:
    """End the process with an exit code, at once.

    A command has closed what it has opened; to take all modules apart before the end takes it a millisecond.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        raise SystemExit(code) from None  # Python says itself what can't be written
    os._exit(code & 0xFF)
