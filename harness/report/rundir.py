"""Where the results of one run lie."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from harness.errors import HostError, InputError, shortened

if TYPE_CHECKING:
    from pathlib import Path

MARKER = ".icebox-run"
"""An empty file that tells a run directory from anybody else's."""


@dataclass(frozen=True)
class RunDir:
    """A run directory and the names in it."""

    path: Path
    part: str = ""
    """Of a process that does a part of the checks for another, which reports."""

    @classmethod
    def create(cls, root: Path, *, elsewhere: Path | None = None, now: datetime | None = None) -> Self:
        """Make ``root/<time>/`` and point ``root/latest`` at it; or make ``elsewhere`` instead.

        ``elsewhere`` may be a new or empty directory, or an earlier run directory, whose results are then
        replaced.  Raises InputError for any other, HostError if it cannot be made.
        """
        try:
            if elsewhere is not None:
                return cls(_take(elsewhere.absolute()))
            return cls(_make(root.absolute(), now or datetime.now()))
        except OSError as error:
            where = str(error.filename or elsewhere or root)
            raise HostError(
                "cannot make the run directory",
                where=shortened(where),
                why=error.strerror or str(error),
                remedy="name another place for the results with --run-dir DIR",
            ) from error

    @property
    def allure_results(self) -> Path:
        return self.path / "allure-results"

    @property
    def allure_report(self) -> Path:
        """The single-file Allure report."""
        return self.path / "allure-report" / "index.html"

    @property
    def junit(self) -> Path:
        return self.path / "junit.xml"

    @property
    def verdict_json(self) -> Path:
        return self.path / "verdict.json"

    @property
    def verdict_html(self) -> Path:
        return self.path / "verdict.html"

    @property
    def evidence(self) -> Path:
        """Logs, only if something failed: of each check that did, when it did, and of the box at the end."""
        return self.path / "evidence"

    @property
    def again(self) -> Path:
        """The run directory of the checks that were done again after ``validate --mend``."""
        return self.path / "again"

    @property
    def plan(self) -> Path:
        """Which checks this process set out to do; there only while it runs."""
        return self.path / f".plan{self.part}.json"

    @property
    def plans(self) -> tuple[Path, ...]:
        """Those of all its processes."""
        return tuple(sorted(self.path.glob(".plan*.json")))


def _make(root: Path, now: datetime) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    path = _first_free(root, now.strftime("%Y-%m-%dT%H-%M-%S"))
    _mark(path)
    _point_latest(root, path.name)
    return path


def _first_free(root: Path, name: str) -> Path:
    number = 1
    while True:
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1


def _point_latest(root: Path, name: str) -> None:
    # A link cannot be overwritten in place; renaming one over another is atomic.
    fresh = root / f".latest-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(name)
    fresh.replace(root / "latest")


def _take(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise InputError("is not a directory", where=str(path), remedy="name a directory for the results")
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()) and not (path / MARKER).exists():
        raise InputError(
            "is not empty and holds no earlier run; nothing in it was touched",
            where=str(path),
            remedy="name a new or empty directory for the results",
        )
    _clear(RunDir(path))
    _mark(path)
    return path


def _clear(run: RunDir) -> None:
    """Remove an earlier run's results, and nothing that somebody else put beside them."""
    for directory in (run.allure_results, run.allure_report.parent, run.evidence, run.again):
        if directory.is_dir():
            shutil.rmtree(directory)
    for file in (run.junit, run.verdict_json, run.verdict_html, *run.plans):
        file.unlink(missing_ok=True)


def _mark(path: Path) -> None:
    (path / MARKER).touch()
    RunDir(path).allure_results.mkdir(exist_ok=True)
