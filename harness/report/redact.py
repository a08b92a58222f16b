"""The Allure file logger, with everything that goes through it freed from secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attr
from allure_commons import hookimpl

if TYPE_CHECKING:
    from harness.report.scrub import Redact


class RedactingLogger:
    """Stands in for ``inner``, Allure's own logger: takes results, containers and attachments."""

    def __init__(self, inner: Any, redact: Redact) -> None:
        self._inner = inner
        self._redact = redact

    @hookimpl
    def report_result(self, result: object) -> None:
        self._inner.report_result(cleaned(result, self._redact))

    @hookimpl
    def report_container(self, container: object) -> None:
        self._inner.report_container(cleaned(container, self._redact))

    @hookimpl
    def report_globals(self, globals_item: object) -> None:
        self._inner.report_globals(cleaned(globals_item, self._redact))

    @hookimpl
    def report_attached_data(self, body: str | bytes, file_name: str) -> None:
        self._inner.report_attached_data(cleaned(body, self._redact), file_name)

    @hookimpl
    def report_attached_file(self, source: str, file_name: str) -> None:
        self.report_attached_data(Path(source).read_bytes(), file_name)


def cleaned(value: Any, redact: Redact) -> Any:
    """A copy of ``value`` with ``redact`` applied to each text in it: str, bytes, lists, attrs objects."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, bytes):
        # surrogateescape brings bytes that are no UTF-8 back as they were.
        return redact(value.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    if isinstance(value, list):
        return [cleaned(each, redact) for each in value]
    if attr.has(type(value)):
        names = (each.name for each in attr.fields(type(value)))
        return attr.evolve(value, **{name: cleaned(getattr(value, name), redact) for name in names})
    return value
