"""Trials on several boxes side by side, each box with one trial at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence

from harness.box.box import Box
from harness.deadline import side_by_side
from harness.drill.ground import Ground
from harness.drill.plan import Trial
from harness.drill.trial import Result, trouble
from harness.errors import IceboxError, InputError

Hold = Callable[[Box, Trial, int], Result]
"""Holds one trial on a sound box; the number is the trial's."""
Tell = Callable[[int, Result], None]


def run(trials: Mapping[int, Trial], grounds: Sequence[Ground], hold: Hold, tell: Tell) -> None:
    """Hold trials, known by their numbers; ``tell`` hears each result as it is there."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in trials:
        waiting.put(number)
    lock, over = threading.Lock(), threading.Event()

    def work(ground: Ground) -> None:
        while not over.is_set():
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            result = _held(ground, trials[number], number, hold)
            with lock:
                if not over.is_set():  # what came of a trial whose box was taken away is of no interest
                    tell(number, result)

    try:
        side_by_side(work, grounds, len(grounds))
    finally:
        over.set()


def _held(ground: Ground, trial: Trial, number: int, hold: Hold) -> Result:
    try:
        result = hold(ground.sound(), trial, number)
        ground.left(sound=result.sound)
        return result
    except InputError:
        raise
    except IceboxError as error:
        return trouble(trial, ground.site, error)
