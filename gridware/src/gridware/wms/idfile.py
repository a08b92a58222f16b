"""Files of job ids, and of CE ids: written by -o, read by -i, with the menu to choose from."""

from __future__ import annotations

import os
import sys

from gridware import textfile
from gridware.pattern import pattern
from gridware.wms.errors import UiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _typeshed import StrPath

HEADER = "###Submitted Job Ids###"
UNFINISHED = "#*Following Job Registered but Submission failed (try use --start option)"
_COMMENTS = ("#", "//")
_RANGE = pattern(r"(\d+)(?:-(\d+))?")
_LINE = "-" * 66


def add(path: StrPath, ids: Sequence[str], unfinished: bool = False) -> str:
    """Append job ids, below a header if the file is new or they are ``unfinished``; returns where it is."""
    try:
        new = not os.path.exists(path) or not os.path.getsize(path)
        head = [UNFINISHED] if unfinished else [HEADER] if new else []
        with open(path, "a") as file:
            file.write("".join(f"{line}\n" for line in [*head, *ids]))
    except OSError as error:
        raise UiError("UI_FILE_NOT_FOUND", f"can't write {path}: {error.strerror}") from None
    return os.path.abspath(path)


def read(path: StrPath) -> list[str]:
    """The ids in a file, each once, in their order."""
    try:
        lines = [line.strip() for line in textfile.read(path).splitlines()]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UiError("UI_FILE_NOT_FOUND", f"can't read {path}: {reason}") from None
    ids = list(dict.fromkeys(line for line in lines if line and not line.startswith(_COMMENTS)))
    if not ids:
        raise UiError("UI_FILE_NOT_FOUND", f"no id stands in {path}")
    return ids


def read_ces(path: StrPath, is_ce: Callable[[str], object]) -> list[str]:
    """The CE ids in a file: bare, or in the listing that list-match has saved; else whatever stands there."""
    lines = read(path)
    found = [word for line in lines for word in line.split() if is_ce(word)]
    return list(dict.fromkeys(found)) or lines


def choose(ids: Sequence[str], what: str, ask: Callable[[str], str], one: bool = False) -> list[str]:
    """Let the person choose from several; an empty answer means all (``one``: the first)."""
    if len(ids) < 2:
        return list(ids)
    print(_LINE)
    for number, each in enumerate(ids, 1):
        print(f"{number} : {each}")
    print(("" if one else "a : all\n") + f"q : quit\n{_LINE}\n")
    usual = "1" if one else "all"
    question = f"Choose one {what}" if one else f"Choose one or more {what}(s)"
    hint = "" if one else " (use , as separator or - for a range)"
    while True:
        answer = ask(f"{question} in the list - [1-{len(ids)}]{usual}{hint}: ").strip().lower() or usual
        if answer in ("q", "quit"):
            print("bye")
            raise SystemExit(0)
        chosen = _chosen(answer, ids)
        if chosen and (not one or len(chosen) == 1):
            return chosen
        print("Wrong choice")


def ask(question: str) -> str:
    """Ask the person; the end of the input stands for q."""
    sys.stdout.write(question)
    sys.stdout.flush()
    answer = sys.stdin.readline()
    return answer.strip() if answer else "q"


def yes(question: str) -> bool:
    """A question with y as its usual answer."""
    while True:
        answer = ask(f"{question} [y/n]y : ").lower()
        if answer in ("", "y", "yes"):
            return True
        if answer in ("n", "no", "q"):
            return False


def write(path: StrPath, text: str) -> str:
    """Write a result where -o says; returns where it is."""
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError as error:
        raise UiError("UI_FILE_NOT_FOUND", f"can't write {path}: {error.strerror}") from None
    return os.path.abspath(path)


def _chosen(answer: str, ids: Sequence[str]) -> list[str]:
    if answer in ("a", "all"):
        return list(ids)
    numbers: list[int] = []
    for part in answer.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= len(ids):
            return []
        numbers += range(int(match[1]), int(match[2] or match[1]) + 1)
    return [ids[number - 1] for number in dict.fromkeys(numbers)]
