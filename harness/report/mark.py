"""The mark that makes a test a check: ``@pytest.mark.check("CE-1", role="ce", title="...")``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import pytest

from harness import durable
from harness.report.verdict import CheckResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SEVERITIES = ("blocker", "critical", "normal", "minor", "trivial")
PROPERTY = "check"
"""Name under which a report carries its check result, as JSON, in ``user_properties``."""
CASE = "case"
"""Name under which it carries which case of the check it is, if there are several."""


@dataclass(frozen=True)
class CheckMark:
    """What the author of a check says about it."""

    id: str
    title: str
    role: str
    learns: str = ""
    severity: str = "normal"

    @classmethod
    def of(cls, item: pytest.Item) -> Self | None:
        """The item's mark; None if it is no check.  Raises UsageError for a mark that lacks something."""
        mark = item.get_closest_marker("check")
        if mark is None:
            return None
        try:
            made = cls(*mark.args, **mark.kwargs)
        except TypeError as error:
            reason = str(error).removeprefix("CheckMark.__init__() ")
            raise pytest.UsageError(f"{item.nodeid}: mark check: {reason}") from error
        if made.severity not in SEVERITIES:
            raise pytest.UsageError(
                f"{item.nodeid}: mark check: severity {made.severity!r} is none of {', '.join(SEVERITIES)}"
            )
        return made

    def result(self, outcome: Outcome, **parts: Any) -> CheckResult:
        """A result of this check; ``parts`` are further fields of CheckResult."""
        return CheckResult(
            id=self.id, title=self.title, role=self.role, learns=self.learns, outcome=outcome, **parts
        )


def marked(items: Iterable[pytest.Item]) -> Iterator[tuple[pytest.Item, CheckMark]]:
    """The checks among ``items``.

    Several functions may be parts of one check; raises UsageError if they do not say the same of it.
    """
    owners: dict[str, tuple[str, CheckMark]] = {}
    for item in items:
        mark = CheckMark.of(item)
        if mark is None:
            continue
        function = item.nodeid.partition("[")[0]
        owner, first = owners.setdefault(mark.id, (function, mark))
        if first != mark:
            raise pytest.UsageError(f"check {mark.id} is claimed twice: by {owner} and by {function}")
        yield item, mark


def cases(items: Iterable[tuple[pytest.Item, CheckMark]]) -> dict[pytest.Item, str]:
    """What tells the items of one check apart: the parameters, or the test's name where several share the id.

    Empty for an item that is alone.
    """
    listed = list(items)
    functions: dict[str, set[str]] = {}
    for item, mark in listed:
        functions.setdefault(mark.id, set()).add(item.nodeid.partition("[")[0])
    return {item: _parameters(item) or _words(item, functions[mark.id]) for item, mark in listed}


def identities(items: Iterable[tuple[pytest.Item, CheckMark]]) -> dict[pytest.Item, str]:
    """By what each item is known again in another run: the id of its check, and its case.

    Raises UsageError if two would be taken for one.
    """
    listed = list(items)
    of_items = cases(listed)
    found: dict[str, pytest.Item] = {}
    for item, mark in listed:
        case = of_items[item]
        words = f"{mark.id} [{case}]" if case else mark.id
        if words in found:  # two functions of one check with the same parameters
            words = f"{mark.id} [{_plain_name(item)}, {case}]"
        if words in found:
            raise pytest.UsageError(f"{item.nodeid} and {found[words].nodeid} can't be told apart: {words}")
        found[words] = item
    return {item: words for words, item in found.items()}


def _plain_name(item: pytest.Item) -> str:
    return item.name.partition("[")[0].removeprefix("test_").replace("_", " ")


def _parameters(item: pytest.Item) -> str:
    return item.callspec.id if hasattr(item, "callspec") else ""


def _words(item: pytest.Item, functions: set[str]) -> str:
    return item.name.removeprefix("test_").replace("_", " ") if len(functions) > 1 else ""


@dataclass(frozen=True)
class Planned:
    """One item that a run sets out to do: what it says of itself, which case it is, and its identity."""

    mark: CheckMark
    case: str
    identity: str
    parametrized: bool = False

    @property
    def title(self) -> str:
        """What reports call it."""
        return f"{self.mark.id} {self.mark.title}{f' [{self.case}]' if self.case else ''}"


def write_plan(path: Path, items: Iterable[pytest.Item], among: Iterable[pytest.Item]) -> None:
    """Note which checks are about to run, by node id; every xdist worker writes the same.

    Cases and identities are those ``among`` all items that were collected.
    """
    collected = list(marked(among))
    of_items, known = cases(collected), identities(collected)
    checks = list(marked(items))
    plan = {
        item.nodeid: asdict(Planned(mark, of_items[item], known[item], bool(_parameters(item))))
        for item, mark in checks
    }
    durable.write(path, json.dumps(plan))


def read_plan(path: Path) -> dict[str, Planned]:
    """What ``write_plan`` noted; empty if the run never came that far."""
    if not path.exists():
        return {}
    return {
        nodeid: Planned(CheckMark(**told.pop("mark")), **told)
        for nodeid, told in json.loads(path.read_text()).items()
    }
