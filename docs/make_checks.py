"""Writes docs/checks.md from the marks of the checks in tests/acceptance.

    python docs/make_checks.py

The marks are read from the source, so this needs no box and no pytest.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.report.roles import TITLES, position  # noqa: E402

CHECKS = ROOT / "tests" / "acceptance"
PAGE = ROOT / "docs" / "checks.md"
HEAD = """\
# The checks

Made by `docs/make_checks.py` from the checks themselves in `tests/acceptance/`; don't edit it by hand.

Each check is done the way a student would do it: typed on the UI, or on a laptop outside. Ids are stable.
A blocker means that nothing works without it. A check *alone* stops or moves something; such checks run
last, one by one.
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

    @property
    def row(self) -> str:
        severity = f"{self.severity}, alone" if self.alone else self.severity
        return f"| {self.id} | {self.title} | {self.learns} | {severity} |"


def checks() -> list[Check]:
    """All checks, in the order of a report."""
    found = [check for path in sorted(CHECKS.rglob("test_*.py")) for check in _of_file(path)]
    return sorted(found, key=lambda check: (position(check.role), _natural(check.id)))


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
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    module_alone = any(_is_alone(node) for node in tree.body if isinstance(node, ast.Assign))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            alone = module_alone or any(_is_mark(mark, "alone") for mark in node.decorator_list)
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and _is_mark(mark.func, "check"):
                    yield _check(mark, alone)


def _is_mark(node: ast.expr, name: str) -> bool:
    return ast.unparse(node).removesuffix("()") == f"pytest.mark.{name}"


def _is_alone(node: ast.Assign) -> bool:
    return ast.unparse(node.targets[0]) == "pytestmark" and "pytest.mark.alone" in ast.unparse(node.value)


def _check(mark: ast.Call, alone: bool) -> Check:
    [identifier] = (ast.literal_eval(argument) for argument in mark.args)
    words = {word.arg: ast.literal_eval(word.value) for word in mark.keywords}
    return Check(
        identifier,
        words["role"],
        _cell(words["title"]),
        _cell(words.get("learns", "")),
        words.get("severity", "normal"),
        alone,
    )


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def _natural(identifier: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", identifier)]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
