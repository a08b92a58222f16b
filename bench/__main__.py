"""``python -m bench``: measure, write the figures down, say which limits are met."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import compare, machine, results, text
from bench.attended import attended
from bench.figure import Figure
from bench.registry import BENCHES
from bench.session import Bench, Session
from harness import state
from harness.console import Console
from harness.errors import ExitCode, IceboxError

OUTPUT = state.checkout() / "reports" / "bench.json"
RUNS = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 if everything was measured, whatever came out; as of icebox otherwise."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["compare"]:
        return compare.main(words[1:])
    options = parser().parse_args(words)
    console = Console()
    return attended("bench", console, lambda scratch: run(Session(console, options.runs, scratch), options))


def run(session: Session, options: argparse.Namespace) -> ExitCode:
    """Measure, write the figures down as they come, and say which limits are met."""
    failed, about = False, machine.describe()
    content = results.read(options.output) if options.add and options.output.exists() else {}
    for bench in chosen_of(options.names):
        figures, broken = measured(session, bench)
        failed |= broken
        content = results.document(figures, about, session.runs, earlier=content)
        results.write(options.output, content)
    summary(session.console, content, options.output)
    return ExitCode.UNKNOWN if failed else ExitCode.GO


def summary(console: Console, content: Mapping[str, Any], where: Path) -> None:
    """Say which limits are met."""
    for figure in content["figures"]:
        if "met" in figure:
            console.note(f"  {text.line(figure)}")
    console.note(f"All figures: {where}")


def chosen_of(names: Sequence[str]) -> list[Bench]:
    """Those named, or all that are run when none is."""
    return [bench for bench in BENCHES if (bench.name in names if names else bench.by_default)]


def measured(session: Session, bench: Bench) -> tuple[list[Figure], bool]:
    """The figures of one benchmark, and whether it failed: the others are measured all the same."""
    try:
        with session.console.stage(bench.title):
            return bench.measure(session), False
    except IceboxError as error:
        session.console.error(error)
        return [], True


def parser() -> argparse.ArgumentParser:
    names = ", ".join(bench.name + ("" if bench.by_default else " (only when named)") for bench in BENCHES)
    top = argparse.ArgumentParser(
        prog="bench",
        description=f"Benchmarks of Grid in a Box: {names}. "
        "`bench compare REV` measures another revision and this one by turns.",
    )
    known = [[], *(bench.name for bench in BENCHES)]
    top.add_argument("names", nargs="*", choices=known, metavar="NAME", help="which (default: all)")
    top.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"measure N times (default: {RUNS})")
    where = "where figures go (default: reports/bench.json)"
    top.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE", help=where)
    top.add_argument("--add", action="store_true", help="keep what FILE has of other benchmarks")
    return top


if __name__ == "__main__":
    sys.exit(main())
