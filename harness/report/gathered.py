"""The page over a run's evidence: which machine wrote what, of the box and of each check that failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.webpage import template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.report.rundir import RunDir

TEMPLATE = Path(__file__).parent / "templates" / "evidence.html.j2"
INDEX = "index.html"
BOX, ALONE = "The box at the end", "turns"
OF_TURNS = "The box of the checks that are done one after another, at the end"
SIZES = ("B", "kB", "MB", "GB")


def of(run: RunDir) -> str:
    """The page's address as seen from the run directory; empty if there is no evidence."""
    return f"{run.evidence.name}/{INDEX}" if (run.evidence / INDEX).exists() else ""


def index(evidence: Path) -> None:
    """Write the page, if there is a directory of evidence.  Raises OSError."""
    if not evidence.is_dir():
        return
    found = sorted(_parts(evidence).items(), key=lambda part: (part[0] not in (BOX, OF_TURNS), part[0]))
    parts: dict[str, list[tuple[str, list[tuple[str, str]]]]] = {}
    for about, files in found:
        parts.setdefault(about.split(" ")[0], []).append((about, files))
    (evidence / INDEX).write_text(template(TEMPLATE).render(parts=parts), encoding="utf-8")


def _parts(evidence: Path) -> dict[str, list[tuple[str, str]]]:
    """Files and their sizes, by what they are about: a check, its case with it, or the box."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in _files(evidence):
        inside = path.relative_to(evidence)
        about = {"": BOX, ALONE: OF_TURNS}.get(" ".join(inside.parts[:-1]), " ".join(inside.parts[:-1]))
        found.setdefault(about, []).append((inside.as_posix(), _size(path.stat().st_size)))
    return found


def _files(evidence: Path) -> Iterator[Path]:
    yield from (path for path in sorted(evidence.rglob("*")) if path.is_file() and path.name != INDEX)


def _size(number: float) -> str:
    unit = 0
    while number >= 1000 and unit < len(SIZES) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.3g} {SIZES[unit]}"
