"""A box for as long as a test wants it; whatever becomes of that, nothing of it is left."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from harness.box import bringup, teardown
from harness.box.box import Box
from harness.console import Console, Style
from harness.site import Site


@contextmanager
def standing(site: Site, word: str) -> Iterator[Box]:
    """The box of a site, with ``word`` at the beginning of its name."""
    name, console = f"{word}{os.getpid()}"[-12:], Console(style=Style.QUIET)
    made = bringup.start(bringup.Request(site, name, ephemeral=True), console)
    try:
        yield made
    finally:
        try:
            made.close()
        finally:
            teardown.stop(name, console, destroy=True)
