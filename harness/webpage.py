"""Pages from templates: a value is never markup, and one that is missing is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


@cache
def template(path: Path) -> jinja2.Template:
    """The template in a file, compiled once; it may name others beside it."""
    import jinja2  # here, since whoever draws nothing is quicker without it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(path.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(path.name)
