"""Ctrl-C and its like, as an exception that lets a command clean up behind itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from gridware.catalogue.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _State:
    came = 0
    """Number of the signal that came; 0 for none."""
    held = False
    """True inside C code that calls Python back, where an exception would be lost."""


def install() -> None:
    """From now on a signal raises Interrupted."""
    for number in SIGNALS:
        signal.signal(number, _handle)


def ignore() -> None:
    """From now on nothing disturbs the cleaning up."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    _State.came = 0


@contextmanager
def held() -> Iterator[None]:
    """Keeps a signal back until the end of the block, which looks at ``came`` meanwhile."""
    _State.held = True
    try:
        yield
    finally:
        _State.held = False
    if _State.came:
        raise Interrupted(_State.came)


def came() -> bool:
    return _State.came != 0


def _handle(number: int, _frame: object) -> None:
    _State.came = number
    if not _State.held:
        raise Interrupted(number)
