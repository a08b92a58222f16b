"""All faults: those of each module in ``harness/faults/families``, and what only looks like one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache

from harness.errors import InputError, shown
from harness.faults import families
from harness.faults.fault import Fault
from harness.faults.noise import NOISE


@cache
def catalogue() -> tuple[Fault, ...]:
    """Every fault, by families."""
    return tuple(fault for module in _modules() for fault in module)


def named(word: str) -> Fault:
    """The fault, or noise, of that name; raises InputError with names that are like it."""
    for fault in find(word):
        return fault
    known = [fault.name for fault in (*catalogue(), *NOISE)]
    near = get_close_matches(word, known, n=4, cutoff=0.5)
    raise InputError(
        f"there is no fault {shown(word)}",
        where="FAULT",
        why=f"names like it: {', '.join(near)}" if near else "no name is like it",
        remedy="./icebox fault list names all",
    )


def find(word: str) -> tuple[Fault, ...]:
    """The fault, or noise, of that name, if there is one."""
    return tuple(fault for fault in (*catalogue(), *NOISE) if fault.name == word)


def _modules() -> Iterator[Sequence[Fault]]:
    for found in pkgutil.iter_modules(families.__path__):
        yield importlib.import_module(f"{families.__name__}.{found.name}").FAULTS
