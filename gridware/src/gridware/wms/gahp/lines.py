"""Lines of the GAHP protocol: words between blanks; a backslash takes a blank or line end its meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SPECIAL = re.compile(r"([ \\\r\n])")


class Lines:
    """Puts lines together out of what comes through a pipe."""

    def __init__(self) -> None:
        self._words = [""]
        self._escaped = False

    def feed(self, text: str) -> Iterator[list[str]]:
        """The words of each line that has come to its end."""
        for sign in text:
            if self._escaped or sign not in "\\ \r\n":
                self._words[-1] += sign
                self._escaped = False
            elif sign == "\\":
                self._escaped = True
            elif sign == " ":
                self._words.append("")
            elif sign == "\n":
                words, self._words = self._words, [""]
                yield words


def line(*words: object) -> str:
    """A line of these words, its end included."""
    return " ".join(_SPECIAL.sub(r"\\\1", str(word)) for word in words) + "\n"
