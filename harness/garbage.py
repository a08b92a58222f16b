"""Python's garbage collector, which has nothing to find while a program is loaded."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No look for garbage while the body loads what stays, nor among that later.

    A look is at all there is, and is due whenever so much more has come: a third of the processor time in
    which pytest loads the checks, and in which ``./icebox start`` is loaded.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
