"""What goes into ``allure-results``: without secrets, and with each check's outcome as its status."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attr
from allure_commons import hookimpl

from harness.report.scrub import ARCHIVE_REMOVED, is_archive

if TYPE_CHECKING:
    from harness.report.scrub import Redact


STATUS = {"passed": "passed", "failed": "failed", "unknown": "broken", "blocked": "skipped"}
"""Allure's word for each outcome.  Left to itself it calls broken what is not an assertion."""


class CheckLogger:
    """Stands in for ``inner``, Allure's own file logger: takes results, containers and attachments."""

    def __init__(self, inner: Any, redact: Redact) -> None:
        self._inner = inner
        self._redact = redact

    @hookimpl
    def report_result(self, result: object) -> None:
        self._inner.report_result(settled(cleaned(result, self._redact)))

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


def settled(result: Any) -> Any:
    """``result`` with the status of its outcome, if it is of a check; so have the steps that ended it."""
    outcome = next((label.value for label in result.labels if label.name == "outcome"), None)
    if outcome in STATUS:
        result.status = STATUS[outcome]
        _settle_steps(result.steps, STATUS[outcome])
    return result


def _settle_steps(steps: list[Any], status: str) -> None:
    for step in steps:
        if step.status == "broken":
            step.status = status
        _settle_steps(step.steps, status)


def cleaned(value: Any, redact: Redact) -> Any:
    """A copy of ``value`` with ``redact`` applied to each text in it: str, bytes, lists, attrs objects.

    An archive, which ``redact`` can't look into, becomes a note that there was one.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, bytes) and is_archive(value):
        return ARCHIVE_REMOVED.encode()
    if isinstance(value, bytes):
        # surrogateescape brings bytes that are no UTF-8 back as they were.
        return redact(value.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    if isinstance(value, list):
        return [cleaned(each, redact) for each in value]
    if attr.has(type(value)):
        names = (each.name for each in attr.fields(type(value)))
        return attr.evolve(value, **{name: cleaned(getattr(value, name), redact) for name in names})
    return value
