"""Processes of this host, found by a mark in their command line and ended by number."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from harness.deadline import wait_for

PROC = Path("/proc")


def marked(label: str, token: str) -> Iterator[int]:
    """Numbers of the processes that have the word ``label`` and then ``token`` in their command line.

    Both, one after the other: the token alone may stand in the command line of whoever looks for it.
    """
    for name in os.listdir(PROC):
        if name.isdigit() and bears(int(name), label, token):
            yield int(name)


def bears(pid: int, label: str, token: str) -> bool:
    """Whether a process is marked so; no process bears an empty mark."""
    if not label or not token:
        return False
    found = words(pid)
    return (label.encode(), token.encode()) in pairwise(found)


def words(pid: int) -> list[bytes]:
    """Command line of a process; empty if it is gone."""
    try:
        # Names, not Paths, here and below: a host with boxes has a thousand processes, and looks go over all.
        with open(f"{PROC}/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def started(pid: int) -> str:
    """Start time of a process in clock ticks since boot, which tells reused numbers apart; "" if gone."""
    fields = _stat(pid)
    return "" if not fields or fields[0] == "Z" else fields[19]


def identity(pid: int) -> str:
    """What no other process ever has: boot and start time; "" if it is gone."""
    ticks = started(pid)
    return f"{boot()}.{ticks}" if ticks else ""


def signature(pid: int) -> str:
    """Number and identity of a process in one word, for another that has to know whether it still runs."""
    return f"{pid}:{identity(pid)}"


def is_signature(text: str) -> bool:
    """Whether the process of a ``signature`` still runs."""
    pid, _, known = text.partition(":")
    return pid.isdecimal() and bool(known) and identity(int(pid)) == known


@cache
def boot() -> str:
    """What no other boot of this machine is called (random(4), boot_id)."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def _stat(pid: int) -> list[str]:
    """Fields of proc_pid_stat(5) after the name; empty if it is gone."""
    try:
        with open(f"{PROC}/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def openers(directory: Path) -> Iterator[tuple[int, str]]:
    """Processes that have files open somewhere below a directory, each with such a file."""
    inside = f"{directory}/"
    for name in filter(str.isdigit, os.listdir(PROC)):
        with contextlib.suppress(OSError):  # it has ended
            for each in os.listdir(f"{PROC}/{name}/fd"):
                with contextlib.suppress(OSError):
                    if (path := os.readlink(f"{PROC}/{name}/fd/{each}")).startswith(inside):
                        yield int(name), path


def find_children(pid: int) -> Iterator[int]:
    """Direct children of a process: first those with a higher number, as nearly all have."""
    numbers = (int(name) for name in os.listdir(PROC) if name.isdigit())
    for number in sorted(numbers, key=lambda number: (number < pid, number)):
        if _stat(number)[1:2] == [str(pid)]:
            yield number


def end_marked(label: str, token: str, seconds: float = 30.0, *, groups: bool = False) -> None:
    """Kill every process marked so and wait until none is left; raises WaitError.

    With ``groups`` all that is in their process groups goes with them.
    """

    def none_left() -> bool:
        left = [pid for pid in marked(label, token) if pid != os.getpid() and started(pid)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(os.getpgid(pid), signal.SIGKILL) if groups else os.kill(pid, signal.SIGKILL)
        return not left

    wait_for(f"the processes marked {token} to end", Steady(none_left), seconds, pause=LOOK)


LOOK = 0.005
"""Seconds between two looks at the processes."""


class Steady:
    """True once ``probe`` was true in several looks on end.

    A process that is just becoming another program (execve(2)) shows no command line for a moment.
    """

    def __init__(self, probe: Callable[[], bool], looks: int = 4) -> None:
        self.probe, self.looks, self.seen = probe, looks, 0

    def __call__(self) -> bool:
        self.seen = self.seen + 1 if self.probe() else 0
        return self.seen >= self.looks
