"""drill: faults are put into boxes, to see whether what is found of them is true and helps."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from harness import state
from harness.box.box import Box
from harness.commands.options import box_that_is_up, console_for
from harness.commands.words import add_json, add_site, path
from harness.console import Console
from harness.diagnosis.diagnose import ALL, diagnose
from harness.diagnosis.fact import Fact
from harness.drill import checks, page, plan, trial
from harness.drill.ground import Ground
from harness.drill.matrix import Matrix, line
from harness.drill.plan import Plan, Trial
from harness.drill.run import run as run_trials
from harness.drill.trial import Result
from harness.errors import ExitCode, InputError
from harness.faults.noise import NOISE
from harness.faults.registry import catalogue, named
from harness.interrupt import held
from harness.report.rundir import RunDir
from harness.services.registry import BOX
from harness.site import Site
from harness.sitefile import load

MOST_TRIALS = 10_000
APART = {BOX.name, "clock", *trial.SHARED}
"""Links that no fault can break: the box itself, and what all boxes of a machine share."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``drill`` on the command line."""
    parser = commands.add_parser(
        "drill",
        help="break boxes in every way, and see what is found",
        description="Puts faults into boxes of its own, one after another: each must be found, mended by "
        "what is printed, and leave nothing once it is taken out. It looks at services and facts, in "
        "seconds; --full runs all checks on each broken box as well, in minutes. Exit code 0 if the drill "
        "is passed, 1 if not.",
    )
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="which (default: all, and all noise)")
    parser.add_argument("--box", metavar="NAME", help="a box that is up, instead of boxes of its own")
    parser.add_argument("--boxes", type=_count, default=1, metavar="N", help="how many boxes at once")
    parser.add_argument("--repeats", type=_count, default=1, metavar="N", help="how often each fault")
    parser.add_argument("--pairs", type=_count, metavar="N", help="N pairs of independent faults instead")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="with --pairs: which sample")
    parser.add_argument("--full", action="store_true", help="also run all checks on each broken box")
    parser.add_argument(
        "--run-dir", type=path, metavar="DIR", help="where results go (default: reports/drills/<time>)"
    )
    add_site(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Hold the drill, write what it came to, and say so."""
    site, console = load(options.site), console_for(options)
    planned = _planned(options, site)
    results = RunDir.create(state.checkout() / "reports" / "drills", elsewhere=options.run_dir).path
    grounds = _grounds(options, site)
    try:
        came = run_trials(planned.trials, grounds, partial(_hold, options, results), partial(_tell, console))
    finally:
        with held():
            for ground in grounds:
                ground.close()
    matrix = _matrix(options, planned, came)
    _write(matrix, results)
    console.result(matrix.to_json().rstrip() if options.json else "\n".join(matrix.words()))
    console.note(f"The matrix: {results / 'drill.html'}")
    return ExitCode.GO if matrix.passed else ExitCode.NO_GO


def _planned(options: argparse.Namespace, site: Site) -> Plan:
    chosen = [named(word) for word in options.faults]
    if options.pairs:
        return plan.pairs(chosen or catalogue(), options.pairs, options.seed, site)
    if chosen:
        return plan.plan(chosen, (), options.repeats, whole=False)
    return plan.plan(catalogue(), NOISE, options.repeats, whole=True)


def _grounds(options: argparse.Namespace, site: Site) -> list[Ground]:
    if options.box is not None:
        if options.boxes > 1:
            raise InputError("--boxes are the drill's own", where="--box", remedy="leave one of both away")
        box_that_is_up(options).close()
        return [Ground(options.box, site, diagnose, own=False)]
    names = [f"drill{os.getpid()}{chr(ord('a') + number)}"[-12:] for number in range(options.boxes)]
    return [Ground(name, site, diagnose, own=True) for name in names]


def _hold(options: argparse.Namespace, results: Path, box: Box, faults: Trial, number: int) -> Result:
    where = results / "trials" / str(number)
    return trial.hold(box, faults, red=partial(checks.red, results=where) if options.full else None)


def _tell(console: Console, result: Result) -> None:
    console.note(line(result))


def _matrix(options: argparse.Namespace, planned: Plan, held: tuple[Result, ...]) -> Matrix:
    seed = options.seed if options.pairs else None
    if options.full:
        ids = checks.known() if planned.whole else ()
        return Matrix(held, "validate", seed, frozenset(ids))
    links = {link.name for link in ALL if link.asked or isinstance(link, Fact)} - APART
    return Matrix(held, "diagnose", seed, frozenset(links if planned.whole else ()))


def _write(matrix: Matrix, results: Path) -> None:
    for name, text in (
        ("drill.json", matrix.to_json()),
        ("drill.html", page.render(matrix)),
        ("drill.txt", matrix.table() + "\n"),
    ):
        (results / name).write_text(text, encoding="utf-8")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_TRIALS:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a number from 1 to {MOST_TRIALS}")
    return int(text)
