"""One run of the benchmarks: how often to measure, with what site, and the boxes it makes."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.figure import Figure
from harness.box import bringup, teardown
from harness.box.box import Box
from harness.console import Console, Style
from harness.sitefile import load
from harness.state import checkout


@dataclass(frozen=True)
class Session:
    """Settings that all benchmarks share, and the console that shows their progress."""

    console: Console
    runs: int
    scratch: Path
    """Directory for whatever a benchmark writes; removed in the end."""
    site_file: Path = field(default_factory=lambda: checkout() / "icebox.toml")

    @contextmanager
    def box(self) -> Iterator[tuple[Box, Mapping[str, float]]]:
        """A fresh box and the seconds of its stages; it is gone afterwards, and also if this process dies."""
        with passing_box(box_name(), self.site_file) as made:
            yield made

    def directory(self) -> Path:
        """A new, empty directory."""
        return Path(tempfile.mkdtemp(dir=self.scratch))


@dataclass(frozen=True)
class Bench:
    """One benchmark: its name, what it does in a line, and the function that measures."""

    name: str
    title: str
    measure: Callable[[Session], list[Figure]]
    by_default: bool = True


@contextmanager
def passing_box(name: str, site_file: Path) -> Iterator[tuple[Box, Mapping[str, float]]]:
    """A box that is gone afterwards, and the seconds of its stages; raises IceboxError."""
    quiet = Console(style=Style.QUIET)
    box = bringup.start(bringup.Request(load(site_file), name, ephemeral=True), quiet)
    try:
        yield box, dict(quiet.timings)
    finally:
        try:
            box.close()
        finally:
            teardown.stop(name, quiet, destroy=True)


def box_name(number: int = 0) -> str:
    """A name that no other process's box has, for the ``number``-th box at once."""
    return f"b{number:x}{os.getpid():x}"
