"""What goes into ``allure-results``: without secrets, and with each check's outcome as its status."""

from __future__ import annotations

import hashlib
import json
import re
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attr
from allure_commons import hookimpl
from allure_commons.model2 import Parameter

from harness.report import roles
from harness.report.scrub import ARCHIVE_REMOVED, is_archive, private_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.report.mark import CheckMark, Planned
    from harness.report.scrub import Redact
    from harness.report.verdict import CheckResult


ID = "ALLURE_ID"
"""The label by which Allure 3 knows a test again; it does not read ``as_id``, that of ``allure.id()``."""
CASE = "case"
"""The label with what tells the cases of one test apart."""
FINDING = "finding"
"""The label with the finding that a check is laid at."""
EVIDENCE = "what all machines wrote: evidence/index.html of this run"
"""The name of the link to the run's evidence.  Allure 3 shows it, and leads to addresses of http alone."""
BOX = "Grid in a Box"
STATUS = {"passed": "passed", "failed": "failed", "unknown": "broken", "blocked": "skipped"}
"""Allure's word for each outcome.  Left to itself it calls broken what is not an assertion."""


class CheckLogger:
    """Stands in for ``inner``, Allure's own file logger: takes results, containers and attachments."""

    def __init__(self, inner: Any, redact: Redact) -> None:
        self._inner = inner
        self._redact = redact

    @hookimpl
    def report_result(self, result: object) -> None:
        self._inner.report_result(known_again(settled(cleaned(result, self._redact))))

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


def known_again(result: Any) -> Any:
    """``result`` with what it is recognized by in the next run.

    Allure takes parameters for a part of that, and prints them as Python does, functions with their address
    in memory: in their place stands the name that pytest gives the case.
    """
    labels = {label.name: label.value for label in result.labels}
    if CASE in labels:
        result.parameters = [Parameter(name=CASE, value=labels[CASE])]
    for parameter in result.parameters:
        parameter.value = _ADDRESS.sub("", parameter.value or "")
    if ID in labels:
        # Other readers of these files go by the two ids; Allure 3 makes its own from the label.
        result.testCaseId = result.historyId = _digest(labels[ID])
    elif CASE in labels:
        result.historyId = _digest(f"{result.fullName} [{labels[CASE]}]")
    return result


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def _digest(text: str) -> str:
    """A short name, and no secret."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def complete(directory: Path, ended: Iterable[tuple[Planned, CheckResult]], evidence: str = "") -> None:
    """Have Allure's results in ``directory`` say the same of every check as the verdict.

    A worker that died, or was stopped, has written nothing of the check that it ran, or the half; and nobody
    writes of a check that was never begun.  What did not pass is led to ``evidence``, an address as seen from
    the report.
    """
    written = {identity: path for _, identity, path in sorted(_written(directory))}
    for planned, result in ended:
        path = written.get(planned.identity)
        found = json.loads(path.read_text(encoding="utf-8")) if path else _unwritten(planned)
        passed = result.outcome == "passed"
        if path is None or _outcome(found) != result.outcome or (not passed and (result.finding or evidence)):
            place = path or directory / f"{found['uuid']}-result.json"
            completed = _completed(found, planned, result)
            if evidence and not passed:
                link = {"type": "link", "name": EVIDENCE, "url": evidence}
                completed["links"] = [*found.get("links", ()), link]
            place.write_text(json.dumps(completed), encoding="utf-8")


def _written(directory: Path) -> Iterator[tuple[int, str, Path]]:
    """When each began, which check it is of, and where: the last of a check that was tried twice counts."""
    for path in directory.glob("*-result.json"):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            path.unlink(missing_ok=True)  # cut off: its writer was killed
            continue
        for label in found.get("labels", ()):
            if label["name"] == ID:
                yield found.get("start", 0), label["value"], path


def _outcome(found: dict[str, Any]) -> str:
    return next((label["value"] for label in found["labels"] if label["name"] == "outcome"), "")


def _unwritten(planned: Planned) -> dict[str, Any]:
    now, name = int(time.time() * 1000), planned.identity
    parameters = [{"name": CASE, "value": planned.case}] if planned.parametrized else []
    identity = dict.fromkeys(("testCaseId", "historyId"), _digest(name))
    return {
        "uuid": str(uuid.uuid4()),
        "start": now,
        "stop": now,
        "labels": [],
        "parameters": parameters,
    } | identity


def _completed(found: dict[str, Any], planned: Planned, result: CheckResult) -> dict[str, Any]:
    wanted = {**dict(labels(planned.mark)), ID: planned.identity, "outcome": result.outcome.value}
    wanted |= {FINDING: result.finding} if result.finding else {}
    kept = [label for label in found["labels"] if label["name"] not in wanted]
    return found | {
        "name": planned.title,
        "description": planned.mark.learns,
        "status": STATUS[result.outcome],
        "statusDetails": found.get("statusDetails", {}) | {"message": private_keys(told(result))},
        "labels": [*kept, *({"name": name, "value": value} for name, value in wanted.items())],
    }


def told(result: CheckResult) -> str:
    """Why a check did not pass; one that is laid at a finding says so first."""
    by = f"blocked by {result.blocked_by}: " if result.blocked_by else ""
    return f"{by}{result.message}"


def labels(mark: CheckMark) -> Iterator[tuple[str, str]]:
    """What Allure arranges a check by."""
    yield "severity", mark.severity
    yield "parentSuite", BOX
    yield "suite", roles.title(mark.role)
    yield "story", f"{mark.id} {mark.title}"
    yield "feature", roles.title(mark.role)


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
