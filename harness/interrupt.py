"""Ctrl-C and its kin while something runs that must not stop half way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def as_keyboard() -> None:
    """Have SIGTERM (a cancelled CI job) and SIGHUP (a closed terminal) end this process as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def let_through() -> None:
    """Let those come that ``hold_back`` held, also in the program that this process was before."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


def hold_back() -> None:
    """Have these signals wait, also for the program that this process is about to become."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)


@contextmanager
def held() -> Iterator[None]:
    """Hold these signals back until the body has ended, then raise KeyboardInterrupt if one came.

    Python handles signals in the main thread alone, so elsewhere there is nothing to hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt
