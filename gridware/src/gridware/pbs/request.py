"""What a qsub command line and the directives of its script ask for (qsub(1B))."""

from __future__ import annotations

import os

from gridware.pbs import directives, getopt, numbers, resources, spans
from gridware.pbs.errors import PbsError, UsageError

FLAGS = "fhnxzEIVX"
VALUED = "aAbcCdDeFijJkKlLmMNopPqrStTuvwW"
JOIN = ("oe", "eo", "n")
KEEP = ("o", "e", "oe", "eo", "n")
DEFAULT_PREFIX = "#PBS"
W_ATTRIBUTES = (
    "block",
    "depend",
    "group_list",
    "interactive",
    "stagein",
    "stageout",
    "umask",
    "x",
    "sandbox",
    "walltime_limit",
    "job_radix",
    "fault_tolerant",
    "submit_host",
)
STDIN_NAME = "STDIN"


class Request:
    """The options of one submission: the command line's over those of the script."""

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self.resources: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.variables = ""

    def flag(self, letter: str) -> bool:
        return letter in self.options

    def get(self, letter: str, default: str = "") -> str:
        return self.options.get(letter, default)

    @property
    def interactive(self) -> bool:
        return self.flag("I") or self.attributes.get("interactive", "").lower() == "true"

    @property
    def queue(self) -> str:
        return self.get("q").partition("@")[0]

    @property
    def server(self) -> str:
        """The server asked for by ``-q queue@server``."""
        return self.get("q").partition("@")[2]

    def add(self, letter: str, value: str) -> None:
        """Take one option, checked; a later one replaces an earlier, resource by resource."""
        if letter == "l":
            self.resources.update(resources.parse(value))
        elif letter == "W":
            self.attributes.update(_attributes(value))
        else:
            _check(letter, value)
            self.options[letter] = value


def command_line(arguments: list[str]) -> tuple[list[tuple[str, str]], str]:
    """Options and the script's path ("" or "-": standard input)."""
    options, operands = getopt.parse(arguments, FLAGS, VALUED)
    if len(operands) > 1:
        raise UsageError
    return options, "" if operands in ([], ["-"]) else operands[0]


def build(options: list[tuple[str, str]], script: str) -> Request:
    """The request of a script's directives and, over them, of the command line."""
    given = dict(options)
    prefix = given.get("C", os.environ.get("PBS_DPREFIX", DEFAULT_PREFIX))
    request = Request()
    for letter, value in _directives(script, prefix) + options:
        request.add(letter, value)
    return request


def _directives(script: str, prefix: str) -> list[tuple[str, str]]:
    found = directives.words(script, prefix)
    try:
        options, operands = getopt.parse(found, FLAGS, VALUED)
        trial = Request()
        for letter, value in options:
            trial.add(letter, value)
    except UsageError as error:
        raise PbsError(f"directive error: {error}") from error
    if operands:
        raise PbsError(f"directive error: {' '.join(operands)}")
    return options


def _attributes(text: str) -> dict[str, str]:
    """``-W name=value[,name=value]``; a comma inside a value (stagein, depend) has no ``name=`` after it."""
    found: dict[str, str] = {}
    name = ""
    for item in text.split(","):
        head, equals, value = item.partition("=")
        if equals and head.strip() in W_ATTRIBUTES:
            name = head.strip()
            found[name] = value
        elif name:
            found[name] += "," + item
        else:
            raise UsageError("illegal -W value")
    return found


def _check(letter: str, value: str) -> None:
    good = {
        "j": lambda: value in JOIN,
        "k": lambda: value in KEEP,
        "m": lambda: value == "n" or (value != "" and not set(value) - set("abep")),
        "r": lambda: value in ("y", "n"),
        "p": lambda: numbers.is_signed(value) and -1024 <= int(value) <= 1023,
        "N": lambda: valid_name(value),
        "a": lambda: begin_fields(value) is not None,
        "o": lambda: value != "",
        "e": lambda: value != "",
        "t": lambda: array_request(value),
        "b": lambda: numbers.is_signed(value),
    }.get(letter)
    if good and not good():
        raise UsageError(f"illegal -{letter} value")


def array_request(text: str) -> bool:
    """``1-10,12[%SLOTS]``."""
    tasks, percent, slots = text.partition("%")
    try:
        return bool(spans.read(tasks)) and (not percent or (numbers.is_whole(slots) and int(slots) > 0))
    except ValueError:
        return False


def valid_name(name: str) -> bool:
    """A job name: printable, no blank, the first character a letter, at most 256 characters."""
    return (
        0 < len(name) <= 256 and name[0].isalpha() and name.isprintable() and not any(map(str.isspace, name))
    )


def begin_fields(text: str) -> tuple[str, str] | None:
    """``[[[[CC]YY]MM]DD]hhmm[.SS]`` as (digits before the seconds, seconds); None if it has another form."""
    digits, dot, seconds = text.partition(".")
    fine = (
        numbers.is_whole(digits)
        and len(digits) in (4, 6, 8, 10, 12)
        and (not dot or (numbers.is_whole(seconds) and len(seconds) == 2))
    )
    return (digits, seconds or "00") if fine else None
