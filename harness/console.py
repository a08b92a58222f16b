"""What a person sees while icebox works: stages with their times, notes, warnings, errors.

Progress goes to standard error, results to standard output, so that ``--json`` can be piped.  On a terminal
the running stages are redrawn in place; elsewhere each is a plain line, and in CI only their ends are shown.
Standard library only: the launcher uses it before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import TextIO

from harness.streams import steady

REDRAW_SECONDS = 0.1
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
CLEAR_TO_END = "\x1b[J"


class Style(Enum):
    """How much is shown, and how."""

    LIVE = "live"
    PLAIN = "plain"
    CI = "ci"
    QUIET = "quiet"

    @classmethod
    def choose(cls, stream: TextIO, environ: Mapping[str, str]) -> Style:
        """LIVE on a terminal that can move its cursor, CI where ``CI`` is set, PLAIN elsewhere."""
        if environ.get("CI", "").lower() not in ("", "0", "false"):
            return cls.CI
        if stream.isatty() and environ.get("TERM", "dumb") != "dumb":
            return cls.LIVE
        return cls.PLAIN


class Colour(Enum):
    """ANSI attributes (ECMA-48 SGR)."""

    GREEN = "32"
    RED = "31"
    YELLOW = "33"
    DIM = "2"
    BOLD = "1"


def seconds_text(seconds: float) -> str:
    """``4 ms``, ``3.2 s``, ``2 min 05 s``."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


class Stage:
    """One piece of work under way.  ``say`` tells what it is at; ``skip`` that there was nothing to do."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.skipped = ""
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def say(self, detail: str) -> None:
        """Show ``detail`` beside the running stage; one short phrase."""
        self.detail = detail

    def skip(self, why: str) -> None:
        self.skipped = why


class Console:
    """Thread-safe; any number of stages may run at once."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        style: Style | None = None,
        colour: bool | None = None,
        results: TextIO | None = None,
    ) -> None:
        self.stream = steady(stream or sys.stderr)
        self.results = steady(results or sys.stdout)
        self.style = style or Style.choose(self.stream, os.environ)
        # https://no-color.org: any value that is not empty
        self.colour = (self.stream.isatty() and not os.environ.get("NO_COLOR")) if colour is None else colour
        self.timings: dict[str, float] = {}
        self._running: list[Stage] = []
        self._drawn = 0
        self._frame = 0
        self._ticking = False
        self._lock = threading.RLock()
        encoding = (getattr(self.stream, "encoding", None) or "ascii").lower()
        self._signs = "utf" in encoding

    @contextmanager
    def stage(self, title: str, key: str = "", *, announce: bool = True) -> Iterator[Stage]:
        """Show ``title`` while the body runs, and how it ended; its time is kept under ``key``.

        Without ``announce`` a plain console shows the end only: for what takes no time.
        """
        stage = Stage(title)
        self._begin(stage, announce)
        try:
            yield stage
        except BaseException:
            self._end(stage, failed=True)
            raise
        else:
            self._end(stage, failed=False)
        finally:
            self.timings[key or title] = stage.seconds

    def note(self, text: str) -> None:
        """A line worth reading, not a problem; not shown when quiet."""
        if self.style is not Style.QUIET:
            self._line(text)

    def warn(self, text: str) -> None:
        if self.style is not Style.QUIET:
            self._line(self.paint("warning: ", Colour.YELLOW) + text)

    def error(self, problem: BaseException | str) -> None:
        """Shown in every style."""
        self._line(self.paint("icebox: ", Colour.RED) + str(problem))

    def result(self, text: str) -> None:
        """What was asked for, on standard output, in every style."""
        with self._lock:
            self._wipe()
            self.results.write(text + "\n")
            self.results.flush()
            self._draw()

    def paint(self, text: str, *colours: Colour) -> str:
        """``text`` in ``colours``, or as it is where colour is not wanted."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(colour.value for colour in colours)}m{text}\x1b[0m"

    def _begin(self, stage: Stage, announce: bool) -> None:
        if announce and self.style is Style.PLAIN:
            self._line(f"  … {stage.title}" if self._signs else f"  ... {stage.title}")
        with self._lock:
            self._running.append(stage)
            if self.style is Style.LIVE and not self._ticking:
                self._ticking = True
                threading.Thread(target=self._tick, name="console", daemon=True).start()

    def _end(self, stage: Stage, *, failed: bool) -> None:
        with self._lock:
            self._running.remove(stage)
            if self.style is not Style.QUIET:
                self._line(self._closing(stage, failed))

    def _closing(self, stage: Stage, failed: bool) -> str:
        sign, colour = self._sign(stage, failed)
        extra = f"  {stage.skipped}" if stage.skipped else ""
        took = self.paint(seconds_text(stage.seconds), Colour.DIM)
        return f"  {self.paint(sign, colour)} {stage.title}{extra}  {took}"

    def _sign(self, stage: Stage, failed: bool) -> tuple[str, Colour]:
        if failed:
            return ("✗" if self._signs else "FAILED"), Colour.RED
        if stage.skipped:
            return ("·" if self._signs else "-"), Colour.DIM
        return ("✓" if self._signs else "ok"), Colour.GREEN

    def _line(self, text: str) -> None:
        with self._lock:
            self._wipe()
            self.stream.write(text + "\n")
            self._draw()
            self.stream.flush()

    def _tick(self) -> None:
        while True:
            time.sleep(REDRAW_SECONDS)
            with self._lock:
                if not self._running:
                    self._ticking = False
                    return
                self._frame += 1
                self._wipe()
                self._draw()
                self.stream.flush()

    def _wipe(self) -> None:
        if self._drawn:
            self.stream.write(f"\x1b[{self._drawn}A{CLEAR_TO_END}")
            self._drawn = 0

    def _draw(self) -> None:
        if self.style is not Style.LIVE:
            return
        width = shutil.get_terminal_size().columns - 1
        spin = SPINNER[self._frame % len(SPINNER)] if self._signs else "|/-\\"[self._frame % 4]
        for stage in self._running:
            text = f"  {spin} {stage.title}  {seconds_text(stage.seconds)}  {stage.detail}".rstrip()
            # A line that wraps would count as one when it is wiped.
            self.stream.write(text[:width] + "\n")
            self._drawn += 1
