"""``python -m bench compare REV``: this build against another revision, both by turns on this machine."""

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.attended import attended
from bench.builds import Build, Validated, idle, other
from bench.figure import ratios
from harness import state
from harness.console import Console
from harness.errors import ExitCode

OUTPUT = state.checkout() / "reports" / "compare.json"
PAIRS = 5
IDLE = 300.0
"""Seconds for which idle boxes are watched."""


@dataclass(frozen=True)
class Row:
    """One quantity of both builds, pair by pair; smaller is better."""

    title: str
    unit: str
    there: tuple[float, ...]
    here: tuple[float, ...]
    limit: float | None = None
    """Of the ratio here ÷ there."""
    most: float | None = None
    """Of the figure here."""

    @property
    def ratio(self) -> float:
        return statistics.median(ratios(self.here, self.there))

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None without one."""
        if self.limit is not None:
            return self.ratio <= self.limit
        return None if self.most is None else statistics.median(self.here) <= self.most

    def line(self) -> str:
        there, here = (f"{statistics.median(each):.4g} {self.unit}" for each in (self.there, self.here))
        bound = "" if self.met is None else f"  at most {self.limit or self.most:g}"
        said = "" if self.met is None else ("  met" if self.met else "  NOT met")
        return f"  {self.title:<42} {there:>12} {here:>12}  ratio {self.ratio:.3f}{bound}{said}"


def main(argv: Sequence[str]) -> int:
    """Exit code 0 if everything was measured, whatever came out; as of icebox otherwise."""
    options = parser().parse_args(argv)
    console = Console()

    def run(scratch: Path) -> ExitCode:
        with other(options.revision, scratch) as there:
            rows = compare(there, Build("here", state.checkout()), options, scratch, console)
        show(rows, options.revision, console)
        write(rows, options)
        return ExitCode.GO

    return attended("compare", console, run)


def compare(
    there: Build, here: Build, options: argparse.Namespace, scratch: Path, console: Console
) -> list[Row]:
    """All rows of the table; the first of each build's validates only warms up, and does not count."""
    builds = (there, here)
    with console.stage("both builds, once, to be warm"):
        for build in builds:
            build.validate(scratch)
    pairs = []
    for number in range(options.pairs):
        with console.stage(f"validate by turns, pair {number + 1} of {options.pairs}"):
            pairs.append([build.validate(scratch) for build in builds])
    with console.stage("an idle box of each"):
        resting = idle(builds, scratch, options.idle)
    with console.stage("bring-up and broker of each"):
        figures = [build.ratios(scratch) for build in builds]
    one, two = ([pair[side] for pair in pairs] for side in (0, 1))

    def row(title: str, unit: str, of: Callable[[Validated], float], limit: float | None = None) -> Row:
        return Row(title, unit, tuple(map(of, one)), tuple(map(of, two)), limit)

    return [
        row("validate", "s", lambda each: each.seconds, 0.5),
        row("checks", "", lambda each: float(each.checks)),
        row("processor time of validate", "s", lambda each: each.processor, 0.6),
        Row("processor time of an idle box", "s", (resting[0],), (resting[1],), 0.25),
        _figure("bring-up ÷ bare start", "bringup.ratio", figures, 1.7),
        _figure("bring-up", "bringup.seconds", figures, unit="s"),
        _figure("bare start", "bringup.bare-seconds", figures, unit="s"),
        _figure("100 jobs through the broker ÷ by qsub", "broker.many-ratio", figures, 1.8),
    ]


def _figure(
    title: str, name: str, figures: Sequence[dict[str, float]], most: float | None = None, unit: str = ""
) -> Row:
    there, here = (each[name] for each in figures)
    return Row(title, unit, (there,), (here,), most=most)


def show(rows: Sequence[Row], revision: str, console: Console) -> None:
    console.result(f"  {'median of each build':<42} {revision[:12]:>12} {'here':>12}")
    for row in rows:
        console.result(row.line())


def write(rows: Sequence[Row], options: argparse.Namespace) -> None:
    listed = [
        {"title": row.title, "unit": row.unit, "there": row.there, "here": row.here, "ratio": row.ratio}
        | ({} if row.met is None else {"met": row.met})
        for row in rows
    ]
    options.output.parent.mkdir(parents=True, exist_ok=True)
    content = {"revision": options.revision, "rows": listed}
    options.output.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="bench compare", description="This build against another revision, by turns."
    )
    made.add_argument("revision", metavar="REV", help="what to compare with: a commit, a branch, a tag")
    made.add_argument(
        "--pairs", type=_pairs, default=PAIRS, metavar="N", help=f"validates (default: {PAIRS})"
    )
    made.add_argument(
        "--idle", type=float, default=IDLE, metavar="SECONDS", help=f"of the idle boxes (default: {IDLE:g})"
    )
    where = "where figures go (default: reports/compare.json)"
    made.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE", help=where)
    return made


def _pairs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of pairs")
    return int(text)
