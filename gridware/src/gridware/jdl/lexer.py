"""The words of the ClassAd language, each with the line it stands on (HTCondor manual, "ClassAd Syntax")."""

from __future__ import annotations

import sys

from gridware.pattern import pattern
from gridware.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_TOKEN = pattern(r"""(?x)(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<quoted>'(?:[^'\\\n]|\\.)*')
    |(?P<real>(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)
    |(?P<int>\d+(?!\w))
    |(?P<name>[A-Za-z_]\w*)
    |(?P<op>=\?=|=!=|>>>|\|\||&&|==|!=|<=|>=|<<|>>|[-+*/%<>!~&|^?:.,;=(){}\[\]])""")
# A comment, or a text in which its signs mean nothing.
_COMMENT = pattern(r'(?sm)"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|^[ \t]*#[^\n]*|(?P<open>/\*)')
_NOT_ZERO = pattern("[1-9]")
_BARE_POINT = pattern(r"\.(?:$|[eE])")
_ZEROS = pattern(r"0+(?=\d)")
_ESCAPE = pattern(r"\\([0-3]?[0-7]{1,2}|.)")
_SIGN = pattern(r"[^\n]")
MOST = 2**63 - 1
"""The greatest whole number of the ClassAd library; beyond it, it reads 0."""
_MOST_DIGITS = len(str(MOST))
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class JdlError(Exception):
    """Something in a JDL is wrong: on which line, in which attribute ("" for none), and why."""

    def __init__(self, line: int, attribute: str, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.attribute = attribute
        self.why = why
        self.file = ""
        """The JDL file of a node, if it is not the one that was given."""

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else "command line or configuration"
        place = f"{self.file}, {place}" if self.file else place
        return f"{place}: {self.attribute + ': ' if self.attribute else ''}{self.why}"


class Token(NamedTuple):
    """A word; ``kind`` is string, quoted, real, int, name, op or end."""

    kind: str
    text: str
    line: int
    start: int
    end: int

    def is_op(self, *operators: str) -> bool:
        return self.kind == "op" and self.text in operators

    def __str__(self) -> str:
        return "the end of the file" if self.kind == "end" else self.text


def without_comments(text: str) -> str:
    """``text`` with blanks in the place of comments: every position stays where it was."""
    return _COMMENT.sub(lambda match: _blank(match, text), text)


def tokens(text: str) -> list[Token]:
    """The words of a text without comments, closed by one of kind ``end``."""
    found: list[Token] = []
    position, line = 0, 1
    while position < len(text):
        if text[position].isspace():
            line += text[position] == "\n"
            position += 1
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise JdlError(line, "", _reason(text[position]))
        found.append(Token(match.lastgroup or "", match[0], line, position, match.end()))
        position = match.end()
    return [*found, Token("end", "", line, len(text), len(text))]


def number(token: Token) -> int | float:
    """What a number is; raises ValueError for one that the ClassAd library would read as another."""
    if token.kind == "int":
        if len(token.text.lstrip("0")) > _MOST_DIGITS or int(token.text) > MOST:
            raise ValueError(f"{_short(token.text)} is more than {MOST}, the most a whole number can be")
        return int(token.text)
    value = float(token.text)
    if value == float("inf"):
        raise ValueError(
            f"{_short(token.text)} is more than {sys.float_info.max:.3g}, the most a number can be"
        )
    if value == 0 and _NOT_ZERO.search(token.text.lower().partition("e")[0]):
        raise ValueError(f"{_short(token.text)} is so small that it would count as 0")
    if _BARE_POINT.search(token.text):
        raise ValueError(f"{_short(token.text)}: a digit must follow the point, as in 1.0")
    return value


def plain_numbers(text: str, found: list[Token]) -> str:
    """``text`` with blanks for the zeros that numbers begin with: the library can't read 08."""
    for token in found:
        zeros = _ZEROS.match(token.text) if token.kind == "int" else None
        if zeros:
            text = text[: token.start] + " " * zeros.end() + text[token.start + zeros.end() :]
    return text


def unquote(text: str) -> str:
    """What a text in quotes stands for."""
    return _ESCAPE.sub(_unescape, text[1:-1])


def quote(text: str) -> str:
    """``text`` as a ClassAd writes it."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


def _unescape(match: re.Match[str]) -> str:
    word = match[1]
    return chr(int(word, 8)) if word.isdigit() and word[0] in "01234567" else _ESCAPES.get(word, word)


def _blank(match: re.Match[str], text: str) -> str:
    if match["open"]:
        raise JdlError(text.count("\n", 0, match.start()) + 1, "", "the comment that starts here has no */")
    found = match[0]
    return found if found.startswith('"') else _SIGN.sub(" ", found)


def _reason(sign: str) -> str:
    if sign in "\u201c\u201d\u201e\u2018\u2019":
        return f'texts stand in straight quotes, ", and not in {sign}'
    if sign in "\"'":
        return f"the text that starts here has no closing {sign} on this line"
    if sign.isdigit():
        return "a number stands here that ends in letters; numbers are decimal, such as 16, not 0x10 or 2K"
    return f"{sign!r} has no meaning here"


def _short(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:20]}... ({len(word)} digits)"
