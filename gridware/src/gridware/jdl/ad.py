"""A JDL as a tree that knows its lines: ads, their attributes, and values."""

from __future__ import annotations

from gridware.jdl.lexer import quote
from gridware.pattern import pattern
from gridware.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORD = pattern(r"(?a)[A-Za-z_]\w*")


class Value(NamedTuple):
    """A value; ``content`` is str, int, float, bool, a tuple of values, an Ad, or None for an expression."""

    line: int
    text: str
    """As written, without comments."""
    content: object = None

    @property
    def items(self) -> tuple[Value, ...]:
        """The members of a list; a single value is a list of one."""
        return self.content if isinstance(self.content, tuple) else (self,)

    def __str__(self) -> str:
        if isinstance(self.content, tuple):
            return "{ " + ", ".join(map(str, self.content)) + " }"
        if isinstance(self.content, str):
            return quote(self.content)
        if type(self.content) is int:  # 010 is 10 to a person, and 8 to some
            return str(self.content)
        return str(self.content) if isinstance(self.content, Ad) else " ".join(self.text.split("\n"))


class Attribute(NamedTuple):
    """A name as written, and its value."""

    name: str
    line: int
    value: Value


class Ad:
    """Attributes in their order; names know no case.  It is not changed once it is made."""

    def __init__(
        self,
        attributes: dict[str, Attribute] | None = None,
        line: int = 1,
        repeated: tuple[Attribute, ...] = (),
    ) -> None:
        self.attributes = attributes or {}
        self.line = line
        self.repeated = repeated
        """Of a file: attributes, also of the ads in it, that a later one of the same name stands for."""

    def get(self, name: str) -> Attribute | None:
        return self.attributes.get(name.lower())

    def line_of(self, name: str) -> int:
        """Where the attribute stands; 0 if there is none."""
        found = self.get(name)
        return found.line if found else 0

    def content(self, name: str) -> object:
        """What a literal value is; None if there is none, or an expression."""
        found = self.get(name)
        return found.value.content if found else None

    def with_value(self, name: str, value: Value) -> Ad:
        """The same with one attribute set."""
        return Ad({**self.attributes, name.lower(): Attribute(name, value.line, value)}, self.line)

    def without(self, names: Iterable[str]) -> Ad:
        dropped = {name.lower() for name in names}
        return Ad({key: each for key, each in self.attributes.items() if key not in dropped}, self.line)

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.attributes.values())

    def __str__(self) -> str:
        return "[ " + "".join(f"{quoted(each.name)} = {each.value}; " for each in self) + "]"


def quoted(name: str) -> str:
    """A name as an ad writes it: in quotes, if it is no plain word."""
    if _WORD.fullmatch(name):
        return name
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def literal(content: object, line: int = 0) -> Value:
    """A value made here: text, number, truth value, or a list of them."""
    if isinstance(content, list | tuple):
        return Value(
            line, "", tuple(each if isinstance(each, Value) else literal(each, line) for each in content)
        )
    if isinstance(content, Ad):
        return Value(line, "", content)
    text = str(content).lower() if isinstance(content, bool) else str(content)
    return Value(line, quote(content) if isinstance(content, str) else text, content)
