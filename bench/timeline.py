"""When things happened in a run of icebox, by the lines it shows and the moments they came."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError

BEGUN = re.compile(r"^  … (?P<title>.+)$")
ENDED = re.compile(r"^  [✓·✗] (?P<title>.+?)  (?:.*  )?(?:[\d.]+ m?s|\d+ min \d+ s)$")
CHECK = re.compile(r"^[A-Z]+-\d+\b")


@dataclass(frozen=True)
class Mark:
    """One line and when it came, in seconds since the start."""

    at: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """All lines of one run, its exit code and its whole length in seconds."""

    marks: tuple[Mark, ...]
    seconds: float
    exit_code: int

    def span(self, title: str) -> float:
        """Seconds of the stage whose title begins with ``title``; 0 if there was none."""
        return self.ended(title) - self.begun(title)

    def begun(self, title: str) -> float:
        return self._first(BEGUN, title)

    def ended(self, title: str) -> float:
        return self._first(ENDED, title)

    def last_check(self) -> float:
        """When the last check ended; 0 if none did."""
        ended = (
            mark.at
            for mark in self.marks
            if (found := ENDED.match(mark.text)) and CHECK.match(found["title"])
        )
        return max(ended, default=0.0)

    def _first(self, pattern: re.Pattern[str], title: str) -> float:
        for mark in self.marks:
            found = pattern.match(mark.text)
            if found and found["title"].startswith(title):
                return mark.at
        return 0.0


def watch(
    words: Sequence[str],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    allowed: tuple[int, ...] = (0, 1),
) -> Timeline:
    """Run ``words`` and take down when each line of its standard error came.

    Raises HarnessError for an exit code that is not ``allowed``.  Interrupted, it interrupts the command and
    waits until that has cleaned up.
    """
    surroundings = {key: value for key, value in os.environ.items() if key not in ("CI", "NO_COLOR")}
    surroundings |= {"PYTHONUNBUFFERED": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8", **(environment or {})}
    marks: list[Mark] = []
    started = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(
            list(words), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env=surroundings
        )
        with child, interrupted_with_us(child):
            assert child.stderr is not None
            for line in child.stderr:
                marks.append(Mark(time.perf_counter() - started, line.decode(errors="replace").rstrip("\n")))
            code = child.wait()
    timeline = Timeline(tuple(marks), time.perf_counter() - started, code)
    log.write_text(
        log.read_text(errors="replace") + "".join(f"{mark.at:8.3f} {mark.text}\n" for mark in marks)
    )
    if code not in allowed:
        last = "\n       ".join(mark.text for mark in marks[-8:])
        raise HarnessError(f"`{' '.join(words)}` ended with exit code {code}", where=str(log), why=last)
    return timeline


@contextlib.contextmanager
def interrupted_with_us(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand an interruption on to ``child`` and wait for it; it takes down what it made."""
    try:
        yield
    except BaseException:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait()
        raise
