"""Commands, their options, and command lines."""

from __future__ import annotations

from gridware.tuples import NamedTuple
from gridware.wms.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Option(NamedTuple):
    """``value`` is what follows it, empty for a flag; ``short`` is a letter or empty."""

    name: str
    short: str
    value: str
    does: str

    @property
    def shown(self) -> str:
        value = f" {self.value}" if self.value else ""
        return f"--{self.name}{value}" + (f", -{self.short}{value}" if self.short else "")


class Command(NamedTuple):
    """One program; ``family`` is glite, edg or wms, ``module`` runs it."""

    name: str
    family: str
    module: str
    does: str
    operand: str
    options: tuple[Option, ...]

    @property
    def old(self) -> bool:
        """Whether it is one of the python commands of the Network Server."""
        return self.family != "wms"

    @property
    def one_dash(self) -> bool:
        """Whether the original was in python, and read ``-noint`` as ``--noint``."""
        return self.old or self.module in ("gridware.wms.status", "gridware.wms.logging_info")

    @property
    def status_command(self) -> str:
        """What its messages name for asking about a job."""
        return {"glite": "glite-job-status", "edg": "edg-job-status", "wms": "glite-wms-job-status"}[
            self.family
        ]


class Call(NamedTuple):
    """A command line that was understood."""

    values: dict[str, str]
    operands: tuple[str, ...]
    repeated: dict[str, tuple[str, ...]]

    def has(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str) -> str:
        return self.values.get(name, "")


_COMMON = (
    Option("help", "h", "", "this text"),
    Option("version", "", "", "the version of these commands"),
    Option("config", "c", "FILE", "what FILE says stands over the UI's and the VO's configuration"),
    Option("debug", "", "", "print what is done, step by step, on standard error"),
    Option("logfile", "", "FILE", "write the command's log to FILE"),
)
PROTOCOLS = ("gsiftp", "https")
_REPEATED = frozenset({"status", "exclude", "event", "filename", "user-tag"})


def parse(found: Command, arguments: Sequence[str]) -> Call:
    """Raises UsageError; long options may be shortened, as getopt_long does."""
    options = (*_COMMON, *found.options)
    if found.one_dash:
        arguments = _two_dashes(arguments, options)
    try:
        pairs, operands = _read(arguments, options)
    except UsageError as error:
        raise UsageError(f"{error.text}; {found.name} --help tells more") from None
    values: dict[str, str] = {}
    repeated: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name in values and name not in _REPEATED and values[name] != value:
            raise UsageError(f"--{name} is given twice")
        values[name] = value
        repeated[name] = (*repeated.get(name, ()), value)
    return Call(values, tuple(operands), repeated)


def _read(arguments: Sequence[str], options: Sequence[Option]) -> tuple[list[tuple[str, str]], list[str]]:
    """Names of options with their values, and the operands between them, by the rules of getopt_long(3).

    The library's ``getopt`` loads ``gettext`` and ``re``, which takes longer than to ask the broker.
    """
    pairs: list[tuple[str, str]] = []
    operands: list[str] = []
    left = list(arguments)

    def value(option: Option, word: str, beside: str) -> str:
        if not option.value or beside:
            return beside
        if not left:
            raise UsageError(f"option {word} requires argument")
        return left.pop(0)

    while left:
        word = left.pop(0)
        if word == "--":
            return pairs, operands + left
        if word.startswith("--"):
            name, equals, beside = word[2:].partition("=")
            option = _long(name, options)
            if equals and not option.value:
                raise UsageError(f"option --{option.name} must not have an argument")
            pairs.append((option.name, beside if equals else value(option, f"--{option.name}", "")))
        elif word.startswith("-") and word != "-":
            letters = word[1:]
            while letters:
                option = _short(letters[0], options)
                letters, beside = ("", letters[1:]) if option.value else (letters[1:], "")
                pairs.append((option.name, value(option, f"-{option.short}", beside)))
        else:
            operands.append(word)
    return pairs, operands


def _long(name: str, options: Sequence[Option]) -> Option:
    """The option of that name, or the only one that begins so."""
    found = [option for option in options if option.name.startswith(name)]
    found = [option for option in found if option.name == name] or found
    if not found:
        raise UsageError(f"option --{name} not recognized")
    if len(found) > 1:
        raise UsageError(f"option --{name} not a unique prefix")
    return found[0]


def _short(letter: str, options: Sequence[Option]) -> Option:
    for option in options:
        if option.short == letter:
            return option
    raise UsageError(f"option -{letter} not recognized")


def _two_dashes(arguments: Sequence[str], options: Sequence[Option]) -> list[str]:
    """``-noint`` as ``--noint``: the python commands took long options with one dash as well.

    Only whole names count, and no word that is an option's value: ``-v0`` stays what it is.
    """
    flags = {option.name: not option.value for option in options}
    valued = {f"-{option.short}" for option in options if option.short and option.value}
    found: list[str] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*found, word, *left]
        name, equals, _value = word.lstrip("-").partition("=")
        is_long = word.startswith("-") and name in flags and len(name) > 1
        found.append(f"--{word.lstrip('-')}" if is_long else word)
        has_value = not flags[name] and not equals if is_long else word in valued
        if has_value and left:
            found.append(left.pop(0))
    return found


def common() -> tuple[Option, ...]:
    """What every command takes."""
    return _COMMON


def check_protocol(call: Call) -> None:
    """--proto is checked, and that is all: there is one way for files, by TLS on the broker's own port."""
    protocol = call.get("proto")
    if protocol and protocol not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise UsageError(f"--proto {protocol}: protocol not supported; list of available protocols: {known}")


def exclusive(call: Call, *names: str) -> None:
    """Raises UsageError if more than one is there."""
    given = [f"--{name}" for name in names if call.has(name)]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other")
