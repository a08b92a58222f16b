"""Processor time of a command with all it starts, boxes and their nodes included."""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.dom0 import cgroup

LOOK = 0.1
"""Seconds between two looks at a box's account, which ends with the box."""


@dataclass
class Usage:
    """Seconds of processor time, known once the command has ended."""

    seconds: float = 0.0


class Boxes:
    """The accounts of boxes that come up while it looks: nodes are no descendants of whoever started them."""

    def __init__(self) -> None:
        self._before = set(groups())
        self._seen: dict[Path, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="boxes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> float:
        """Seconds of all of them; what a box took in the last moment before it was removed is not in it."""
        self._over.set()
        self._thread.join()
        return sum(self._seen.values())

    def _look(self) -> None:
        over = False
        while not over:
            # Once more when it is over: a box may have come since the last look.
            over = self._over.wait(LOOK)
            for group in set(groups()) - self._before:
                with contextlib.suppress(OSError):
                    self._seen[group] = used(group)


def groups() -> list[Path]:
    """The control groups of all boxes of this machine."""
    return [path for path in cgroup.unified().iterdir() if cgroup.NAME.fullmatch(path.name)]


def group(name: str) -> Path:
    """The control group of a box on this machine, by its ``partition``."""
    return cgroup.unified() / name


def used(group: Path) -> float:
    """Seconds that a group's processes have used, those that have ended included (cgroup v2, cpu.stat)."""
    rows = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(rows["usage_usec"]) / 1e6


def _children() -> float:
    """Seconds of processes that this one has waited for, and they for theirs."""
    times = os.times()
    return times.children_user + times.children_system


@contextlib.contextmanager
def measured() -> Iterator[Usage]:
    """Count what is used by commands that are run, and waited for, meanwhile; one at a time."""
    usage, boxes, before = Usage(), Boxes(), _children()
    boxes.start()
    try:
        yield usage
    finally:
        usage.seconds = boxes.end() + _children() - before
