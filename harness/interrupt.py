"""Ctrl-C and its kin while something runs that must not stop half way."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_PR_SET_PDEATHSIG = 1
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def as_keyboard() -> None:
    """Have SIGTERM (a cancelled CI job) and SIGHUP (a closed terminal) end this process as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def as_keyboard_once() -> None:
    """Have the first of these signals end this process as Ctrl-C does, and let no further one disturb that.

    Also where Ctrl-C was ignored, as by a shell's ``&``: who starts this process tells it when to end.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ENDINGS:
        signal.signal(number, end)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (prctl(2), PR_SET_PDEATHSIG)."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before
        os.kill(os.getpid(), signal.SIGKILL)


def end_after(seconds: float, code: int) -> None:
    """End this process after so many seconds, whatever it waits for then."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


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

    heard = [number for number in ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt
