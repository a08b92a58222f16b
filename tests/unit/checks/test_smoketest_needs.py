"""Checks that do a smoke test say what it rests on: a dead service is not waited for."""

import ast
from functools import cache

import pytest

from harness.state import checkout

SMOKE_TESTS = {"SmokeTest", "Keepsakes"}
REST_ON = {"voms", "gatekeeper", "gridftp", "bdii"}


@cache
def checks() -> list[tuple[str, ast.FunctionDef]]:
    """The checks that use them, by name."""
    found = []
    for path in sorted((checkout() / "tests/acceptance").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                found += [(f"{path.name}:{node.name}", node)] if used & SMOKE_TESTS else []
    return found


@pytest.mark.parametrize("check", [node for _, node in checks()], ids=[name for name, _ in checks()])
def test_it_says_what_its_smoke_test_rests_on(check: ast.FunctionDef) -> None:
    marks = [mark for mark in check.decorator_list if ast.unparse(mark).startswith("pytest.mark.needs(")]
    named = {
        str(word.value)
        for mark in marks
        if isinstance(mark, ast.Call)
        for word in mark.args
        if isinstance(word, ast.Constant)
    }
    assert named >= REST_ON


def test_there_are_such_checks() -> None:
    assert len(checks()) >= 3
