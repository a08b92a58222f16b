"""Several boxes at once, each brought up and held by a process of its own, as several trainers would."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.session import box_name
from harness.errors import HarnessError
from harness.state import checkout

BUSY_FIELDS = (0, 1, 2, 5, 6, 7)
"""Of the line ``cpu`` in /proc/stat (proc_stat(5)): user, nice, system, irq, softirq, steal."""
TICKS = 100
"""USER_HZ of Linux on every architecture Debian knows."""


@dataclass(frozen=True)
class Load:
    """Boxes that are up together: how long it took until the last was, and what it took of the machine."""

    seconds: float
    cpu_seconds: float
    """Of all cores, by everything on the machine, while the boxes came up."""
    memory: float
    """Bytes of PSS of all boxes, settled."""
    consumed: float
    """Bytes by which the machine's available memory fell, page cache given back."""
    slowest_stages: dict[str, float]
    """Stages of the box that took longest."""


def bring_up(count: int, site_file: Path, settle: float) -> Load:
    """Bring ``count`` boxes up at the same moment, look at them ``settle`` seconds later, take them down."""
    free, busy, started = available(), busy_ticks(), time.perf_counter()
    with _holders(count, site_file) as holders:
        answers = [_answer(holder) for holder in holders]
        seconds, cpu = time.perf_counter() - started, (busy_ticks() - busy) / TICKS
        time.sleep(settle)
        memory = sum(sum(_ask(holder)["memory"].values()) for holder in holders)
        slowest = max(answers, key=lambda answer: answer["seconds"])
        return Load(seconds, cpu, memory, max(0, free - available()), slowest["timings"])


@contextlib.contextmanager
def _holders(count: int, site_file: Path) -> Iterator[Sequence[subprocess.Popen[str]]]:
    holders: list[subprocess.Popen[str]] = []
    try:
        for number in range(1, count + 1):
            words = [sys.executable, "-m", "bench.hold", box_name(number), str(site_file)]
            holders.append(
                subprocess.Popen(
                    words, cwd=checkout(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
        yield holders
    finally:
        for holder in holders:
            assert holder.stdin is not None
            holder.stdin.close()
        for holder in holders:
            holder.wait()


def _ask(holder: subprocess.Popen[str]) -> dict[str, Any]:
    assert holder.stdin is not None
    holder.stdin.write("\n")
    holder.stdin.flush()
    return _answer(holder)


def _answer(holder: subprocess.Popen[str]) -> dict[str, Any]:
    assert holder.stdout is not None
    line = holder.stdout.readline()
    answer: dict[str, Any] = json.loads(line) if line else {"error": "it ended without a word"}
    if "error" in answer:
        raise HarnessError("a box of the benchmark did not come up", why=answer["error"])
    return answer


def busy_ticks() -> int:
    """Time all cores have worked since boot, in clock ticks."""
    numbers = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return sum(int(numbers[index]) for index in BUSY_FIELDS)


def available() -> int:
    """Bytes of memory that could be had without swapping (proc_meminfo(5), MemAvailable)."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
