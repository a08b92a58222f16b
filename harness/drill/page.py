"""The matrix as one page, which needs no network and no other file."""

from __future__ import annotations

from pathlib import Path

from harness.drill.matrix import Matrix


def render(matrix: Matrix) -> str:
    """The page's HTML: a row for each trial, a column for each link or check that was red."""
    # Here, since commands that draw nothing are quicker without it.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("drill.html.j2").render(matrix=matrix)
