"""Templates of parts: Jinja2, where a name that is not there is an error with file and line."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from jinja2 import Environment, Template

FROM_TEXT = "<template>"
"""The file that a traceback names for a template without one (jinja2's compiler)."""


def render(text: str, context: Mapping[str, object], path: Path) -> str:
    """The text with what its expressions stand for; raises HarnessError that names the line of ``path``."""
    if "{" not in text:
        return text  # most names of files
    try:
        return _compiled(text).render(context)
    except Exception as error:  # an expression may call whatever the site has, and that may raise anything
        line = _line(error)
        raise HarnessError(
            "a template can't be rendered",
            where=f"{path}:{line}" if line else str(path),
            why=str(error) or type(error).__name__,
            remedy="mend that line, or `git checkout` the file; docs/maintainer.md says what templates know",
        ) from None


@cache
def _environment() -> Environment:
    """Loaded when the first template is: whoever only looks at a box has none."""
    from jinja2 import Environment, StrictUndefined

    return Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)


@cache
def _compiled(text: str) -> Template:
    """Kept, since nodes share most templates and to compile one takes longer than all else."""
    return _environment().from_string(text)


def _line(error: Exception) -> int:
    from jinja2 import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FROM_TEXT
    ]
    return (lines[-1] or 0) if lines else 0
