"""Reads JDL text into a tree; expressions are read here, the ClassAd library works them out."""

from __future__ import annotations

from gridware.jdl.ad import Ad, Attribute, Value
from gridware.jdl.functions import known
from gridware.jdl.lexer import JdlError, Token, number, plain_numbers, tokens, unquote, without_comments

_BINARY = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!=", "=?=", "=!=", "is", "isnt"),
    ("<", "<=", ">", ">="),
    ("<<", ">>", ">>>"),
    ("+", "-"),
    ("*", "/", "%"),
)
_WORDS = {"true": True, "false": False}


def parse(text: str) -> Ad:
    """The ad that a JDL file holds; its outer brackets may be missing.  Raises JdlError.

    Of an attribute that is given twice the last one counts, as for the ClassAd library.
    """
    reader = _Reader(text)
    ad = reader.whole()
    if reader.next.kind != "end":
        raise reader.wrong(f"{reader.next} stands after the closing ] of the JDL")
    return Ad(ad.attributes, ad.line, tuple(reader.repeated))


def parse_value(text: str, line: int = 1, attribute: str = "") -> Value:
    """One value, with the line it is said to stand on; raises JdlError."""
    reader = _Reader(text, line - 1)
    reader.attribute = attribute
    value = reader.value()
    if reader.next.kind != "end":
        raise reader.wrong(f"{reader.next} is one word too many")
    return value


class _Reader:
    """Walks over the words once."""

    def __init__(self, text: str, lines_before: int = 0) -> None:
        bare = without_comments(text)
        self._tokens = tokens(bare)
        self._text = plain_numbers(bare, self._tokens)
        self._at = 0
        self._lines_before = lines_before
        self.attribute = ""
        self.repeated: list[Attribute] = []

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def wrong(self, why: str, token: Token | None = None) -> JdlError:
        return JdlError((token or self.next).line + self._lines_before, self.attribute, why)

    def whole(self) -> Ad:
        """The ad of a file, and the semicolons behind it that many have."""
        if not self.next.is_op("["):
            return self.attributes("end")
        ad = self.ad()
        while self.next.is_op(";"):
            self._take()
        return ad

    def ad(self) -> Ad:
        opening = self._take()
        ad = self.attributes("]", opening)
        self._take()
        return ad

    def attributes(self, closing: str, opening: Token | None = None) -> Ad:
        """Attributes up to, and without, ``closing``."""
        found: dict[str, Attribute] = {}
        outer, line = self.attribute, self.next.line + self._lines_before
        while not (self.next.kind == closing or self.next.is_op(closing)):
            if self.next.is_op(";"):
                self._take()
                continue
            self._expect_name(opening)
            each = self._attribute()
            if (earlier := found.pop(each.name.lower(), None)) is not None:
                self.repeated.append(earlier)
            found[each.name.lower()] = each
            self._end_of_attribute(closing, opening)
            self.attribute = outer
        return Ad(found, line)

    def value(self) -> Value:
        first = self._at
        condition = self._binary(0)
        if not self.next.is_op("?"):
            return condition
        self._take()
        self.value()
        self._expect(":", "the : of a choice a ? b : c is missing")
        self.value()
        return self._span(first)

    def _attribute(self) -> Attribute:
        word = self._take()
        name = unquote(word.text) if word.kind == "quoted" else word.text
        line = word.line + self._lines_before
        self.attribute = name
        self._expect("=", f"= is missing after the name {name}")
        return Attribute(name, line, self.value())

    def _expect_name(self, opening: Token | None) -> None:
        if self.next.kind in ("name", "quoted"):
            return
        if self.next.kind == "end" and opening is not None:
            raise self.wrong("the [ that opens here is never closed by ]", opening)
        raise self.wrong(f"the name of an attribute must stand here, not {self.next}")

    def _end_of_attribute(self, closing: str, opening: Token | None) -> None:
        if self.next.is_op(";", closing) or self.next.kind == closing:
            return
        last = self._tokens[self._at - 1]
        following = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if self.next.kind == "end" and opening is not None:
            raise self.wrong("the [ that opens here is never closed by ]", opening)
        if self.next.kind == "name" and following.is_op("="):
            raise self.wrong(f"; is missing at the end of this value (before {self.next})", last)
        if self.next.is_op("="):
            raise self.wrong("a single = in an expression; values are compared with ==")
        if self.next.is_op("]", "}", ")"):
            raise self.wrong(f"{self.next} closes nothing")
        raise self.wrong(f"{self.next} can't stand after {last}")

    def _binary(self, level: int) -> Value:
        if level == len(_BINARY):
            return self._unary()
        first = self._at
        left = self._binary(level + 1)
        while self.next.text.lower() in _BINARY[level] and self.next.kind in ("op", "name"):
            self._take()
            self._binary(level + 1)
            left = self._span(first)
        return left

    def _unary(self) -> Value:
        if not self.next.is_op("-", "+", "!", "~"):
            return self._postfix()
        first = self._at
        sign = self._take()
        operand = self._unary()
        whole = self._span(first)
        if sign.text in "+-" and type(operand.content) in (int, float):
            number = -operand.content if sign.text == "-" else operand.content  # type: ignore[operator]
            return Value(whole.line, whole.text, number)
        return whole

    def _postfix(self) -> Value:
        first = self._at
        found = self._primary()
        while self.next.is_op(".", "["):
            if self._take().text == ".":
                self._name_after_dot()
            else:
                self.value()
                self._expect("]", "the ] of an index is missing")
            found = self._span(first)
        return found

    def _primary(self) -> Value:
        first, token = self._at, self.next
        if token.is_op("["):
            ad = self.ad()
            return Value(token.line + self._lines_before, self._span(first).text, ad)
        if token.is_op("{"):
            items = self._list()
            return Value(token.line + self._lines_before, self._span(first).text, items)
        if token.is_op("("):
            return self._in_parentheses()
        if token.is_op("."):
            self._take()
            self._name_after_dot()
            return self._span(first)
        if token.kind in ("op", "end"):
            raise self.wrong(self._missing(token))
        return self._word(first)

    def _word(self, first: int) -> Value:
        token = self._take()
        whole = self._span(first)
        if token.kind == "string":
            return Value(whole.line, whole.text, unquote(token.text))
        if token.kind in ("int", "real"):
            return Value(whole.line, whole.text, self._number(token))
        if self.next.is_op("(") and token.kind == "name":
            self._arguments(token)
            return self._span(first)
        return Value(whole.line, whole.text, _WORDS.get(token.text.lower()))

    def _number(self, token: Token) -> int | float:
        """What a number is; raises JdlError for one that the ClassAd library would read as another."""
        try:
            return number(token)
        except ValueError as error:
            raise self.wrong(str(error), token) from None

    def _list(self) -> tuple[Value, ...]:
        opening = self._take()
        items: list[Value] = []
        while not self.next.is_op("}"):
            if items:
                self._separator(opening, "}")
                if self.next.is_op("}"):  # a comma behind the last item does no harm
                    break
            items.append(self.value())
        self._take()
        return tuple(items)

    def _in_parentheses(self) -> Value:
        first = self._at
        opening = self._take()
        inner = self.value()
        if not self.next.is_op(")"):
            raise self.wrong("the ( that opens here is never closed by )", opening)
        self._take()
        whole = self._span(first)
        return Value(whole.line, whole.text, inner.content)

    def _arguments(self, function: Token) -> None:
        if not known(function.text):
            raise self.wrong(f"{function.text} is no function that a JDL can call", function)
        opening = self._take()
        count = 0
        while not self.next.is_op(")"):
            if count:
                self._separator(opening, ")", f" of {function.text}")
            self.value()
            count += 1
        self._take()

    def _separator(self, opening: Token, closing: str, whose: str = "") -> None:
        if self.next.is_op(","):
            self._take()
        elif self.next.kind in ("string", "int", "real"):
            raise self.wrong(f", is missing before {self.next}")
        else:
            raise self.wrong(
                f"the {opening.text}{whose} that opens here is never closed by {closing}", opening
            )

    def _missing(self, token: Token) -> str:
        if token.is_op("="):
            return "a single = in an expression; values are compared with =="
        return f"a value is missing before {token}"

    def _name_after_dot(self) -> None:
        if self.next.kind not in ("name", "quoted"):
            raise self.wrong("the name of an attribute must follow the .")
        self._take()

    def _expect(self, operator: str, otherwise: str) -> None:
        if not self.next.is_op(operator):
            raise self.wrong(otherwise)
        self._take()

    def _take(self) -> Token:
        self._at += self.next.kind != "end"
        return self._tokens[self._at - 1] if self._at else self.next

    def _span(self, first: int) -> Value:
        """What stands from a word on up to here, as an expression."""
        start, end = self._tokens[first], self._tokens[self._at - 1]
        return Value(start.line + self._lines_before, self._text[start.start : end.end])
