"""Writes docs/checks.md from the marks of the checks in tests/acceptance.

    python -m docs.make_checks

The modules are imported and their marks read: no test runs, so this needs no box.
"""

import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.report.roles import TITLES, position

ROOT = Path(__file__).resolve().parents[1]
CHECKS = ROOT / "tests" / "acceptance"
PAGE = ROOT / "docs" / "checks.md"
HEAD = """\
# The checks

Made by `docs/make_checks.py` from the checks themselves in `tests/acceptance/`; don't edit it by hand.

Each check is done the way a student would do it: typed on the UI, or on a laptop outside. Ids are stable.
A blocker means that nothing works without it. A check *alone* stops or moves something; such checks run
one by one, on a box of their own or after all others. One *with 2 SEs* is part of a run only if the site has
two or more; on other sites it is left out, and neither passes nor is skipped.
"""
TABLE = "| id | check | what a trainer learns | severity |\n|---|---|---|---|"


@dataclass(frozen=True)
class Check:
    """A check as its mark describes it."""

    id: str
    role: str
    title: str
    learns: str
    severity: str
    alone: bool
    only: str
    """On which sites it is part of a run; empty for any site."""

    @property
    def row(self) -> str:
        notes = ", alone" * self.alone + f", with {self.only}" * bool(self.only)
        return f"| {self.id} | {self.title} | {self.learns} | {self.severity}{notes} |"


def checks() -> list[Check]:
    """All checks, in the order of a report."""
    found = [check for path in sorted(CHECKS.rglob("test_*.py")) for check in _of_file(path)]
    # A check with parts in several functions is one.
    return sorted(
        {check.id: check for check in found}.values(),
        key=lambda check: (position(check.role), _natural(check.id)),
    )


def page() -> str:
    """The text of docs/checks.md."""
    parts = [HEAD]
    known = checks()
    for role in dict.fromkeys(check.role for check in known):
        parts.append(f"\n## {TITLES.get(role, role)}\n\n{TABLE}")
        parts += [check.row for check in known if check.role == role]
        parts[-1] += "\n"
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _of_file(path: Path) -> Iterator[Check]:
    """The checks of one module; it is imported, which runs no test."""
    spec = importlib.util.spec_from_file_location(f"checks_of_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    of_module = _marks(module)
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            marks = {**of_module, **_marks(function)}
            if "check" in marks:
                yield _check(marks)


def _marks(thing: object) -> dict[str, pytest.Mark]:
    marks = getattr(thing, "pytestmark", [])
    listed = marks if isinstance(marks, list) else [marks]
    # A module names decorators, a function carries the marks they made.  Allure's are marks in pytest only.
    return {each.name: getattr(each, "mark", each) for each in listed if hasattr(each, "name")}


def _check(marks: dict[str, pytest.Mark]) -> Check:
    [identifier] = marks["check"].args
    words = marks["check"].kwargs
    return Check(
        identifier,
        words["role"],
        _cell(words["title"]),
        _cell(words.get("learns", "")),
        words.get("severity", "normal"),
        "alone" in marks,
        _only(marks),
    )


def _only(marks: dict[str, pytest.Mark]) -> str:
    if "several" in marks:
        return f"2 {marks['several'].args[0].upper()}s"
    return "a laptop" if "laptop" in marks else ""


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def _natural(identifier: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", identifier)]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
