"""A hidden fault as an exercise: hints, guesses, points."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from harness.box.box import Box
from harness.errors import InputError
from harness.faults import standing
from harness.faults.fault import Fault
from harness.faults.registry import catalogue, find
from harness.faults.standing import KIND, Standing

FULL, WRONG, HINT = 100, 15, 10
"""Points for a first guess that is right; what a wrong one costs, and a hint."""


@dataclass(frozen=True)
class Exercise:
    """One hidden fault, and what was tried so far."""

    standing: Standing

    @property
    def fault(self) -> Fault:
        return self.standing.fault

    @property
    def wrong(self) -> int:
        return int(self.standing.entry.details.get("wrong", "0"))

    @property
    def hints(self) -> int:
        return int(self.standing.entry.details.get("hints", "0"))

    @property
    def points(self) -> int:
        """What a right guess is worth now."""
        return max(0, FULL - WRONG * self.wrong - HINT * self.hints)

    def is_meant(self, guess: str) -> bool:
        """Whether a guess names it: the fault itself, or the broken link and where it is."""
        return guess in (self.fault.name, self.fault.finding, self.fault.finding.removesuffix("@dom0"))


def hide(box: Box, chosen: Sequence[Fault] = (), seed: int | None = None) -> None:
    """Put one in at random, of ``chosen`` or of all, and tell nobody which."""
    there = {each.fault for each in standing.standing(box.ledger)}
    free = [fault for fault in chosen or catalogue() if fault not in there]
    if not free:
        raise InputError(
            "there is no further fault to choose from", remedy=f"./icebox fault take --box {box.name}"
        )
    fault = random.Random(seed).choice(free)
    standing.put(box, fault, key=_key(box), hidden="yes")


def current(box: Box) -> Exercise:
    """The oldest hidden fault; raises InputError if there is none."""
    for each in standing.standing(box.ledger):
        if each.hidden:
            return Exercise(each)
    raise InputError(
        f"no hidden fault is in the box {box.name!r}",
        remedy=f"./icebox fault put --hidden --box {box.name} puts one in",
    )


def hint(box: Box) -> str:
    """The next hint, which costs points: where, then which link, then what it is."""
    exercise = current(box)
    fault = exercise.fault
    said = (
        f"Look at {_place(fault)}.",
        f"The link is {fault.link}.",
        f"What is wrong: {fault.about}.",
    )
    if exercise.hints < len(said):
        _note(box, exercise, hints=exercise.hints + 1)
    return said[min(exercise.hints, len(said) - 1)]


def guess(box: Box, word: str) -> tuple[bool, Exercise]:
    """Whether ``word`` is it; a wrong one costs points.

    Raises InputError for a word that names neither a fault nor the link of one.
    """
    exercise = current(box)
    if exercise.is_meant(word):
        return True, exercise
    links = {fault.finding for fault in catalogue()} | {fault.link for fault in catalogue()}
    if not find(word) and word not in links:
        raise InputError(
            f"{word!r} is neither a fault nor a broken link",
            where="GUESS",
            why="it costs no points",
            remedy="./icebox fault list names the faults, and behind each the link, such as gatekeeper@ce",
        )
    _note(box, exercise, wrong=exercise.wrong + 1)
    return False, current(box)


def _place(fault: Fault) -> str:
    return {"dom0": "the dom0", "outside": "the laptop outside"}.get(fault.where, fault.where.upper())


def _key(box: Box) -> str:
    taken = {entry.key for entry in box.ledger.of_kind(KIND)}
    return next(key for number in range(1, len(taken) + 2) if (key := f"hidden-{number}") not in taken)


def _note(box: Box, exercise: Exercise, **values: int) -> None:
    entry = exercise.standing.entry
    with box.ledger.locked(standing.PATIENCE):
        box.ledger.intend(
            entry.kind, entry.key, **{**entry.details, **{k: str(v) for k, v in values.items()}}
        )
