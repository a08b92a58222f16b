"""Sheets as paper: one HTML page with a sheet of A4 for each, or the same as PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.handout.sheet import Sheet
from harness.webpage import template

if TYPE_CHECKING:
    from weasyprint import Document

TEMPLATE = Path(__file__).parent / "templates" / "handout.html.j2"


def html(sheets: Sequence[Sheet]) -> bytes:
    """The page; it needs no network and no other file."""
    return template(TEMPLATE).render(sheets=sheets).encode()


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
