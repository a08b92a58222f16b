"""Trials on several boxes side by side, each box with one trial at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence

from harness.box.box import Box
from harness.deadline import side_by_side
from harness.drill.boxkeeper import BoxKeeper
from harness.drill.plan import Trial
from harness.drill.trial import Result
from harness.errors import IceboxError

Hold = Callable[[Box, Trial, int], Result]
"""Holds one trial on a sound box; the number is the trial's."""
Tell = Callable[[int, Result], None]
AGAIN = 300.0
"""Seconds for which a keeper without a box waits for another's trial to end, before it tries again."""


def run(trials: Mapping[int, Trial], keepers: Sequence[BoxKeeper], hold: Hold, tell: Tell) -> None:
    """Hold trials, known by their numbers; ``tell`` hears each result as it is there.

    A keeper that gets no box tries again once another one has ended a trial, for the machine may have room
    then.  Raises IceboxError, which says why, if none has a box and trials are left.
    """
    _Run(trials, hold, tell).run(keepers)


class _Run:
    def __init__(self, trials: Mapping[int, Trial], hold: Hold, tell: Tell) -> None:
        self._trials, self._hold, self._tell = trials, hold, tell
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in trials:
            self._waiting.put(number)
        self._changed, self._over = threading.Condition(), False
        self._at_work: set[BoxKeeper] = set()
        self._errors: list[IceboxError] = []

    def run(self, keepers: Sequence[BoxKeeper]) -> None:
        try:
            side_by_side(self._work, keepers, len(keepers))
        finally:
            self._over = True
        if self._errors and not self._waiting.empty():
            raise self._errors[-1]

    def _work(self, keeper: BoxKeeper) -> None:
        try:
            while not self._over and self._one(keeper, self._waiting.get_nowait()):
                continue
        except queue.Empty:
            return
        finally:
            with self._changed:
                self._leave(keeper)

    def _one(self, keeper: BoxKeeper, number: int) -> bool:
        """Hold a trial; whether the keeper is to go on."""
        self._at_work.add(keeper)
        try:
            box = keeper.sound()
        except IceboxError as error:
            self._errors.append(error)
            return self._outlasted(keeper, number)
        result = self._hold(box, self._trials[number], number)
        keeper.left(sound=result.sound)
        with self._changed:
            if not self._over:  # what came of a trial whose box was taken away is of no interest
                self._tell(number, result)
            self._changed.notify_all()
        return True

    def _outlasted(self, keeper: BoxKeeper, number: int) -> bool:
        """Leave a trial to others, and wait until one of them has ended one; whether there are others."""
        with self._changed:
            self._waiting.put(number)
            self._leave(keeper)
            if not self._at_work:
                return False
            self._changed.wait(AGAIN)
            return True

    def _leave(self, keeper: BoxKeeper) -> None:
        self._at_work.discard(keeper)
        self._changed.notify_all()
