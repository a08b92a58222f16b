"""Another revision of this checkout beside it, and what is measured of either."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import usage
from bench.session import box_name
from bench.timeline import interrupted_with_us
from harness.errors import HarnessError, InputError
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict
from harness.state import checkout

SETTLING = 30.0
"""Seconds after which a box that came up is idle."""


@dataclass(frozen=True)
class Validated:
    """One warm validate."""

    seconds: float
    processor: float
    checks: int
    verdict: str


@dataclass(frozen=True)
class Build:
    """A checkout; ``name`` is for the table."""

    name: str
    top: Path

    def icebox(self, *words: str, log: Path, allowed: tuple[int, ...] = (0,)) -> None:
        """Run a command of it, with its output in a file; raises HarnessError for another exit code."""
        with log.open("wb") as output:
            child = subprocess.Popen(
                [str(self.top / "icebox"), *words],
                cwd=self.top,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            with child, interrupted_with_us(child):
                code = child.wait()
        if code not in allowed:
            last = "\n       ".join(log.read_text(errors="replace").splitlines()[-8:])
            raise HarnessError(f"`icebox {' '.join(words)}` ended with {code}", where=self.name, why=last)

    def validate(self, scratch: Path) -> Validated:
        """Validate the default site; whatever it says of the box, it was measured."""
        run = scratch / f"{self.top.name}-{time.monotonic_ns()}"
        words = ("validate", "--box", box_name(), "--run-dir", str(run))
        with usage.measured() as used:
            started = time.perf_counter()
            self.icebox(*words, log=run.with_suffix(".log"), allowed=(0, 1, 3))
            seconds = time.perf_counter() - started
        verdict = Verdict.from_json(RunDir(run).verdict_json.read_text(encoding="utf-8"))
        return Validated(seconds, used.seconds, len(verdict.checks), verdict.verdict.value)

    def ratios(self, scratch: Path) -> dict[str, float]:
        """Figures of its own benchmarks, by their ids."""
        path = scratch / f"{self.top.name}-bench.json"
        words = ("test", "-e", "bench", "--", "bringup", "broker", "--runs", "1", "--output", str(path))
        self.icebox(*words, log=path.with_suffix(".log"))
        content = json.loads(path.read_text(encoding="utf-8"))
        return {figure["id"]: figure["median"] for figure in content["figures"]}


def idle(builds: tuple[Build, ...], scratch: Path, seconds: float) -> list[float]:
    """Processor seconds of an idle box of each build, all of them up at the same time."""
    groups: list[Path] = []
    with ExitStack() as stack:
        for number, build in enumerate(builds):
            before = set(usage.groups())
            stack.enter_context(_up(build, box_name(number), scratch))
            groups += set(usage.groups()) - before
        time.sleep(SETTLING)
        begun = [usage.used(group) for group in groups]
        time.sleep(seconds)
        return [usage.used(group) - before for group, before in zip(groups, begun, strict=True)]


@contextmanager
def _up(build: Build, name: str, scratch: Path) -> Iterator[None]:
    log = scratch / f"{name}.log"
    build.icebox("start", "--box", name, log=log)
    try:
        yield
    finally:
        build.icebox("stop", "--destroy", "--box", name, log=log)


@contextmanager
def other(revision: str, scratch: Path) -> Iterator[Build]:
    """A worktree of a revision; it is gone afterwards.  Raises InputError for one that git does not know."""
    top = scratch / "other"
    added = _git("worktree", "add", "--detach", str(top), revision)
    if added.returncode:
        raise InputError(f"git has no revision {revision!r}", where="compare", why=added.stderr.strip())
    try:
        yield Build(revision, top)
    finally:
        _git("worktree", "remove", "--force", str(top))


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(checkout()), *words], capture_output=True, text=True)
