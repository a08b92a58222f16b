"""Waiting for conditions, never for time alone; and for nothing without an end."""

from __future__ import annotations

import contextlib
import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from harness.command import gathered
from harness.errors import SilentError, WaitError

T = TypeVar("T")
A = TypeVar("A")
GLANCE = 5.0
"""Seconds between two looks whether what is awaited can still come."""
SLOWER = 1.3
"""By which each pause between two looks is longer than the one before, where looks become rarer."""
Hopeless = Callable[[], str]
"""Says why what is awaited in this context will not come; empty as long as it may."""
_hopeless: ContextVar[Hopeless | None] = ContextVar("hopeless", default=None)
_pace: ContextVar[float] = ContextVar("pace", default=1.0)


def go_by(pace: float) -> None:
    """Have all deadlines of this context last longer by a factor: what is awaited is on this slow machine.

    Where it is on another one, whoever makes a deadline multiplies it (``Place.longer``).
    """
    _pace.set(pace)


@contextmanager
def unless(why: Hopeless) -> Iterator[None]:
    """Have whatever is awaited in this context given up once ``why`` gives a reason.

    It is asked every few seconds, by waits and by commands that take long.  What it awaits for its answer is
    not given up, and the wait that asked lasts as much longer.
    """
    token = _hopeless.set(why)
    try:
        yield
    finally:
        _hopeless.reset(token)


class Hope:
    """Looks now and then whether what this context awaits may still come."""

    def __init__(self) -> None:
        self._why = _hopeless.get()
        self._next = time.monotonic() + GLANCE

    def lost(self) -> str:
        """Why it will not come; empty if it may, or if it is too early to look again."""
        if self._why is None or time.monotonic() < self._next:
            return ""
        # What it asks may have to be awaited, too.
        token = _hopeless.set(None)
        try:
            return self._why()
        finally:
            _hopeless.reset(token)
            self._next = time.monotonic() + GLANCE


@dataclass(frozen=True)
class Deadline:
    """A point in time, ``seconds`` after its making, on the monotonic clock; later by this machine's pace."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", self.seconds * _pace.get())

    @property
    def remaining(self) -> float:
        """Seconds left; never below zero."""
        return max(0.0, self.started + self.seconds - time.monotonic())

    @property
    def passed(self) -> float:
        """Seconds since its making."""
        return time.monotonic() - self.started

    @property
    def expired(self) -> bool:
        return self.remaining == 0.0


def wait_for(
    what: str,
    probe: Callable[[], T | bool | None],
    seconds: float,
    *,
    where: str = "",
    remedy: str = "",
    pause: float = 0.05,
    longest: float = 0.0,
    at_once: bool = True,
) -> T:
    """Call ``probe`` until it returns something true, and return that.

    Between two looks it waits for ``pause`` seconds, and ever longer up to ``longest`` if that is more: what
    has not come soon may take a while, and to look may cost more than to wait.  Unless ``at_once``, it waits
    for ``pause`` before the first look, too: for what takes a while in any case.

    A probe that raises ``OSError`` counts as "not yet".  Raises WaitError with the last thing seen: the
    error, or what ``probe`` returned; before the deadline where it can't come true any more (``unless``).
    """
    with gathered():
        deadline, times = Deadline(seconds), pauses(pause, longest)
        if not at_once:
            time.sleep(min(next(times), deadline.remaining))
        return _poll(what, probe, deadline, where, remedy, times)


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds between looks, without an end."""
    pause = first
    while True:
        yield pause
        pause = max(pause, min(pause * SLOWER, longest))


def _poll(
    what: str,
    probe: Callable[[], T | bool | None],
    deadline: Deadline,
    where: str,
    remedy: str,
    pauses: Iterator[float],
) -> T:
    hope = Hope()
    while True:
        try:
            seen: object = probe()
        except OSError as error:
            seen = error
        if seen and not isinstance(seen, OSError):
            return seen  # type: ignore[return-value]
        lost = hope.lost()
        if lost or deadline.expired:
            last = f"last seen: {seen if isinstance(seen, OSError) else repr(seen)}"
            waited = deadline.passed if lost else deadline.seconds
            raise WaitError(
                f"{lost}: gave up waiting for {what} after {waited:.0f} s"
                if lost
                else f"waited {waited:g} s for {what}",
                where=where,
                why=last,
                remedy=remedy,
            )
        time.sleep(min(next(pauses), deadline.remaining))


def side_by_side(action: Callable[[A], object], items: Sequence[A], at_once: int) -> None:
    """``action`` of every item, ``at_once`` of them at a time; then the first error is raised.

    Unlike an executor's threads, those that hang keep nobody waiting who is interrupted meanwhile.
    """
    waiting: queue.SimpleQueue[A] = queue.SimpleQueue()
    done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                item = waiting.get_nowait()
                try:
                    action(item)
                    done.put(None)
                except BaseException as error:
                    done.put(error)

    for number in range(min(at_once, len(items))):
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(work,), name=f"side-by-side-{number}", daemon=True).start()
    try:
        outcomes = [done.get() for _ in items]
    except BaseException:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        raise
    for error in outcomes:
        if error is not None:
            raise error


def within(seconds: float, what: str, action: Callable[[], T], *, where: str = "", remedy: str = "") -> T:
    """What ``action`` returns or raises; raises SilentError if it does neither in time.

    For calls that have no time limit of their own, as those of C libraries.  A late one is left to a thread
    that keeps no process from ending; what it does after that is nobody's.
    """
    deadline = Deadline(seconds)
    done, result = _beside(action, f"within {seconds:g} s: {what}")
    if not done.wait(deadline.remaining):
        raise SilentError(
            f"waited {deadline.seconds:.3g} s for {what}",
            where=where,
            why="there was no answer at all",
            remedy=remedy,
        )
    return result()


def begun(action: Callable[[], T], what: str) -> Callable[[], T]:
    """Begin ``action`` beside what comes next; what this returns waits for it, and returns or raises as it.

    It has a limit of its own, or ends soon.  If nobody asks, it is left to its thread, as in ``within``.
    """
    done, result = _beside(action, what)

    def awaited() -> T:
        done.wait()
        return result()

    return awaited


def _beside(action: Callable[[], T], name: str) -> tuple[threading.Event, Callable[[], T]]:
    """Run it in a thread that keeps no process from ending: when it is done, and what came of it then."""
    done, context = threading.Event(), contextvars.copy_context()
    outcome: list[tuple[T | None, BaseException | None]] = []

    def work() -> None:
        try:
            outcome.append((context.run(action), None))
        except BaseException as error:
            outcome.append((None, error))
        done.set()

    def result() -> T:
        value, error = outcome[0]
        if error is not None:
            raise error
        return value  # type: ignore[return-value]

    threading.Thread(target=work, name=name, daemon=True).start()
    return done, result
