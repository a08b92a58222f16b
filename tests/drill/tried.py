"""Remedies that tests of their own try: those of faults in the machine, in names, in a checkout.

Such a test breaks the thing, gets the error, takes the remedy out of it, does that, and sees the thing work.
Its mark has the words, as the source prints them: ``@pytest.mark.tries("run ./icebox setup")``.  The fixture
``told`` is given what is printed; the test fails if one of the mark's remedies was not.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

import pytest

from harness.errors import IceboxError, InputError
from harness.state import checkout
from tests.drill.printed import Part

E = TypeVar("E", bound=IceboxError)
TRIES = "tries"
PLACES = ("tests/unit", "tests/integration", "tests/machine")


@dataclass(frozen=True)
class Tried:
    """A remedy, and the test that tries it."""

    text: str
    test: str
    """File and name, as pytest takes them."""
    arguments: frozenset[str]
    """Fixtures that the test asks for."""


@dataclass
class Told:
    """Remedies that have been printed while a test ran."""

    wanted: frozenset[str]
    heard: set[str] = field(default_factory=set)

    def __call__(self, printed: object) -> str:
        """Take note of what is printed: an error, or a text.  Its remedy comes back."""
        text = str(getattr(printed, "remedy", printed))
        self.heard |= {each for each in self.wanted if Part(each, "", "").of(text)}
        assert self.heard, f"none of {sorted(self.wanted)} is in {text!r}"
        return text


def failing(
    told: Told, act: Callable[[], object], kind: type[E] = IceboxError, match: str | None = None
) -> E:
    """The error that ``act`` raises, of that kind and with those words; its remedy has been heard."""
    with pytest.raises(kind, match=match) as caught:
        act()
    told(caught.value)
    return caught.value


def refused(told: Told, act: Callable[[], object]) -> str:
    """The remedy of the InputError that ``act`` raises; it has been heard."""
    return failing(told, act, InputError).remedy


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    """Says whether what the test's mark names has been printed; in the end all of it has to be."""
    marked = [word for mark in request.node.iter_markers(TRIES) for word in mark.args]
    found = Told(frozenset(marked))
    yield found
    assert found.wanted - found.heard == set(), "not printed"


@cache
def tried() -> tuple[Tried, ...]:
    """All of them, read from the source of the tests."""
    files = sorted(path for place in PLACES for path in (checkout() / place).rglob("test_*.py"))
    return tuple(each for path in files for each in _of(str(path.relative_to(checkout())), path.read_text()))


def _of(name: str, source: str) -> Iterator[Tried]:
    if f"mark.{TRIES}(" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            arguments = frozenset(each.arg for each in node.args.args)
            for mark in node.decorator_list:
                yield from (Tried(word, f"{name}::{node.name}", arguments) for word in _words(mark))


def _words(decorator: ast.expr) -> Iterator[str]:
    """What ``tries`` is given, in a decorator or below one that gives parameters."""
    for node in ast.walk(decorator):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(f"mark.{TRIES}"):
            yield from (ast.literal_eval(each) for each in node.args)
