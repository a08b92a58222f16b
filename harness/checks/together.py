"""Doing the same at many places at once, with every command still a step of the check's report."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
WORKERS = 8


def each(items: Iterable[T], action: Callable[[T], R]) -> list[R]:
    """``action`` of every item, in their order; the first error is raised after all have ended."""
    listed = list(items)
    # Threads know nothing of their maker's context, where the listener to commands is.
    contexts = [contextvars.copy_context() for _ in listed]
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return list(pool.map(lambda context, item: context.run(action, item), contexts, listed))


def all_of(*actions: Callable[[], object]) -> None:
    """Do these; the first error is raised after all have ended."""
    each(actions, lambda action: action())


def problems(items: Iterable[T], find: Callable[[T], Iterable[str]]) -> list[str]:
    """What ``find`` has to say of every item, in their order."""
    return [problem for found in each(items, lambda item: list(find(item))) for problem in found]
