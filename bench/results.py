"""The file that a run leaves: figures, each beside its limit, and what they were measured on."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figure import Figure
from harness.errors import InputError

SCHEMA = 1


def document(
    figures: Iterable[Figure],
    machine: Mapping[str, Any],
    runs: int,
    *,
    earlier: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What is written: ``schema``, ``date``, ``machine``, ``runs``, ``figures``, and ``earlier``.

    Figures of an ``earlier`` document stay, but for those of the benchmarks that are measured anew, and with
    them when and on what they were measured.
    """
    fresh = {
        "schema": SCHEMA,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "runs": runs,
        "machine": dict(machine),
        "figures": [figure.to_json() for figure in figures],
    }
    return merged(earlier, fresh) if earlier else fresh


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """``new`` with those figures of ``old`` whose benchmark it did not run, and what these are of."""
    ran = {benchmark(figure) for figure in new["figures"]}
    kept = [figure for figure in old["figures"] if benchmark(figure) not in ran]
    left = list(dict.fromkeys(map(benchmark, kept)))
    before = [{**run, "of": [each for each in run["of"] if each in left]} for run in old.get("earlier", ())]
    own = [each for each in left if not any(each in run["of"] for run in before)]
    runs = [*before, {"of": own, **{name: old[name] for name in ("date", "machine", "runs")}}]
    return {**new, "earlier": [run for run in runs if run["of"]], "figures": [*kept, *new["figures"]]}


def benchmark(figure: Mapping[str, Any]) -> str:
    """The benchmark a figure is of: ``bringup`` of ``bringup.ratio``."""
    return str(figure["id"]).partition(".")[0]


def write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Raises InputError for a file that is not there or not of this schema."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError("there are no figures to read", where=str(path), why=str(error)) from None
    if content.get("schema") != SCHEMA:
        raise InputError("these are no figures of this version", where=str(path))
    return content
