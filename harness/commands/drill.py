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
from harness.dom0.kinds import KINDS
from harness.drill import page, plan, trial
from harness.drill.boxkeeper import BoxKeeper
from harness.drill.checks import Checks
from harness.drill.matrix import line
from harness.drill.plan import Plan, Trial
from harness.drill.record import FILE, Record
from harness.drill.run import run as run_trials
from harness.drill.trial import Result
from harness.errors import ExitCode, InputError
from harness.faults.noise import NOISE
from harness.faults.registry import catalogue, named
from harness.interrupt import held
from harness.report.rundir import RunDir
from harness.services.registry import BOX, NETWORK
from harness.site import Site
from harness.sitefile import load

FULL = "validate"
"""The mode in which all checks are run as well."""
RESULTS = state.checkout() / "reports" / "drills"
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
    parser.add_argument("--full", action="store_true", help="also see that each check can fail")
    parser.add_argument(
        "--run-dir", type=path, metavar="DIR", help="where results go (default: reports/drills/<time>)"
    )
    parser.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="DIR",
        help="go on with a drill that was interrupted: the last one, or the one whose results are there",
    )
    add_site(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Hold the drill, write what it came to, and say so."""
    site, console = load(options.site), console_for(options)
    record = _resumed(options) if options.resume is not None else _begun(options, site)
    done = Checks(record.directory / "trials", record.held.values()) if record.mode == FULL else None
    keepers = _keepers(options, site)
    try:
        run_trials(record.left, keepers, partial(_hold, done), partial(_tell, record, console))
    finally:
        with held():
            for keeper in keepers:
                keeper.close()
            expected = _expected(record, done, site)
            _write(record, expected)
    matrix = record.matrix(expected)
    if options.json:
        console.result((record.directory / FILE).read_text(encoding="utf-8").rstrip())
    else:
        console.result("\n".join(matrix.words()))
    console.note(f"The matrix: {record.directory / 'drill.html'}")
    return ExitCode.GO if matrix.passed else ExitCode.NO_GO


def _begun(options: argparse.Namespace, site: Site) -> Record:
    planned = _planned(options, site)
    results = RunDir.create(RESULTS, elsewhere=options.run_dir).path
    seed = options.seed if options.pairs else None
    record = Record(results, planned, FULL if options.full else "diagnose", seed)
    record.write()
    return record


def _resumed(options: argparse.Namespace) -> Record:
    others = (options.faults, options.pairs, options.full, options.run_dir, options.repeats > 1)
    if any(others):
        raise InputError(
            "a drill that is resumed goes on with what it set out to do",
            where="--resume",
            remedy="leave faults, --pairs, --repeats, --full and --run-dir away",
        )
    return Record.read(Path(options.resume or RESULTS / "latest").resolve())


def _planned(options: argparse.Namespace, site: Site) -> Plan:
    chosen = [named(word) for word in options.faults]
    if options.pairs:
        return plan.pairs(chosen or catalogue(), options.pairs, options.seed, site)
    if chosen:
        return plan.plan(chosen, (), options.repeats, whole=False)
    return plan.plan(catalogue(), NOISE, options.repeats, whole=True)


def _keepers(options: argparse.Namespace, site: Site) -> list[BoxKeeper]:
    if options.box is not None:
        if options.boxes > 1:
            raise InputError("--boxes are the drill's own", where="--box", remedy="leave one of both away")
        box_that_is_up(options).close()
        return [BoxKeeper(options.box, site, diagnose, own=False)]
    names = [f"drill{os.getpid()}{chr(ord('a') + number)}"[-12:] for number in range(options.boxes)]
    return [BoxKeeper(name, site, diagnose, own=True) for name in names]


def _hold(done: Checks | None, box: Box, faults: Trial, number: int) -> Result:
    if done is None:
        return trial.hold(box, faults)
    done.learn(box)
    return trial.hold(box, faults, red=lambda box, found: done.red(box, found, number))


def _tell(record: Record, console: Console, number: int, result: Result) -> None:
    record.add(number, result)
    console.note(line(result))


def _expected(record: Record, done: Checks | None, site: Site) -> frozenset[str]:
    """What some fault has to break, if all were tried."""
    if not record.plan.whole:
        return frozenset()
    if done is not None:
        return done.ids
    # A network that is the box's own alone, nobody else lays anew.
    alone = {NETWORK.name} if KINDS.of(site.dom0_kind).rules(site) and not site.expose else set()
    return frozenset({link.name for link in ALL if link.asked or isinstance(link, Fact)} - APART - alone)


def _write(record: Record, expected: frozenset[str]) -> None:
    record.write(expected)
    matrix = record.matrix(expected)
    for name, text in (("drill.html", page.render(matrix)), ("drill.txt", matrix.table() + "\n")):
        (record.directory / name).write_text(text, encoding="utf-8")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_TRIALS:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a number from 1 to {MOST_TRIALS}")
    return int(text)
