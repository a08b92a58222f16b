"""The matrix as one page, which needs no network and no other file."""

from __future__ import annotations

from pathlib import Path

from harness.drill.matrix import Matrix
from harness.webpage import template


def render(matrix: Matrix) -> str:
    """The page's HTML: a row for each trial, a column for each link or check that was red."""
    return template(Path(__file__).with_name("drill.html.j2")).render(matrix=matrix)
