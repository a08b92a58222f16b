"""Renders figures: the tables of docs/benchmarks.md and their drawing.

    python -m bench.show [FILE]

Reads bench/results.json (or FILE); writes between the markers of docs/benchmarks.md, and docs/benchmarks.svg.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import drawing, results, text
from bench.registry import BENCHES
from harness.console import Console
from harness.errors import HarnessError, IceboxError
from harness.state import checkout

PUBLISHED = checkout() / "bench" / "results.json"
PAGE = checkout() / "docs" / "benchmarks.md"
DRAWING = PAGE.with_suffix(".svg")
MARKED = re.compile(r"(<!-- bench: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
SCALE_COLUMNS = {
    "seconds": "ready after",
    "cpu": "cores in use",
    "pss": "memory (PSS)",
    "taken": "memory taken",
}

Figures = Sequence[Mapping[str, Any]]


def main(argv: Sequence[str]) -> int:
    """Render; exit code as of icebox."""
    console = Console()
    try:
        content = results.read(Path(argv[0]) if argv else PUBLISHED)
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), content), encoding="utf-8")
        DRAWING.write_text(drawing.svg(content["figures"]), encoding="utf-8")
    except IceboxError as error:
        console.error(error)
        return int(error.exit_code)
    console.note(f"{PAGE} and {DRAWING.name} show the figures of {content['date']}.")
    return 0


def page(old: str, content: Mapping[str, Any]) -> str:
    """``old`` with every marked part rendered anew; raises HarnessError for a mark nobody knows."""

    def rendered(found: re.Match[str]) -> str:
        return f"{found[1]}\n{part(found['name'], content)}\n\n{found[3]}"

    return MARKED.sub(rendered, old)


def part(name: str, content: Mapping[str, Any]) -> str:
    """One generated part: ``machine``, ``limits``, a benchmark's table, or ``scale`` and a benchmark."""
    figures = content["figures"]
    if name == "machine":
        return machine(content)
    if name == "limits":
        return limits([figure for figure in figures if "met" in figure])
    word = name.split()[-1]
    chosen = [figure for figure in figures if results.benchmark(figure) == word]
    if word not in (bench.name for bench in BENCHES):
        raise HarnessError(f"there is no benchmark {word!r}", where=PAGE.name)
    if not chosen:
        return (
            f"Not measured in this run; `python -m bench {word} --add --output bench/results.json` adds it."
        )
    return scale(chosen) if name.startswith("scale ") else table(chosen)


def machine(content: Mapping[str, Any]) -> str:
    """What the figures were measured on, in a sentence; in one more, those of each earlier run."""
    earlier = [f"Earlier: {', '.join(run['of'])}, {_measured(run)}." for run in content.get("earlier", ())]
    ranges = "A figure with a range was measured more than once, and is the median."
    return "\n\n".join([f"M{_measured(content)[1:]}. {ranges}", *earlier])


def _measured(run: Mapping[str, Any]) -> str:
    about = run["machine"]
    parts = [
        f"measured on {run['date']}: {about['cores']} cores ({about['cpu']})",
        f"{about['memory_mb'] / 1000:.0f} GB of memory",
        f"{about['system']}, kernel {about['kernel']}, Python {about['python']}",
        f"load {about['load']} before the run, commit {about['commit']}",
    ]
    return ", ".join(parts)


def limits(figures: Figures) -> str:
    """The figures that have a limit or an aim."""
    rows = [(f["title"], text.value(f["median"], f["unit"]), text.bound(f), text.met(f)) for f in figures]
    return markdown(("what", "figure", "limit", ""), rows)


def table(figures: Figures) -> str:
    """All figures of one benchmark, with their notes below."""
    rows = [(f["title"], text.value(f["median"], f["unit"]), text.spread(f)) for f in figures]
    notes = [f"{f['title']}: {f['note']}." for f in figures if f.get("note")]
    return "\n\n".join([markdown(("what", "figure", "range"), rows), *notes])


def scale(figures: Figures) -> str:
    """Figures named ``boxes.4.seconds``: a row for each size, a column for each quantity."""
    sizes: dict[str, dict[str, str]] = {}
    for figure in figures:
        _, size, quantity = figure["id"].split(".")
        sizes.setdefault(size, {})[quantity] = text.value(figure["median"], figure["unit"])
    rows = [(size, *(row.get(key, "") for key in SCALE_COLUMNS)) for size, row in sizes.items()]
    return markdown((results.benchmark(figures[0]), *SCALE_COLUMNS.values()), rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; all but the first column are flush right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
