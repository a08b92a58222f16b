"""Sheets as paper: one HTML page with a sheet of A4 for each, or the same as PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.handout.sheet import Sheet

if TYPE_CHECKING:
    from weasyprint import Document

TEMPLATES = Path(__file__).with_name("templates")


def html(sheets: Sequence[Sheet]) -> bytes:
    """The page; it needs no network and no other file."""
    import jinja2  # here, since whoever only looks at a box has no template

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("handout.html.j2").render(sheets=sheets).encode()


def pdf(sheets: Sequence[Sheet]) -> bytes:
    """The same, laid out for a printer."""
    made: bytes = laid_out(sheets).write_pdf()
    return made


def laid_out(sheets: Sequence[Sheet]) -> Document:
    """The pages of the PDF."""
    from weasyprint import HTML  # it loads Pango, which takes half a second

    return HTML(string=html(sheets).decode(), url_fetcher=_refuse).render()


FORMATS = {"html": html, "pdf": pdf}


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"a handout asks for nothing: {url}")
