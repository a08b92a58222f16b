"""The command line of lcg-info, read as Perl's Getopt::Long reads it (perldoc Getopt::Long).

One dash or two, small letters or capitals, as short as it is clear; values behind ``=`` or in the next word.
"""

from __future__ import annotations

from collections.abc import Sequence

LISTS = {"list-ce": "CE", "list-se": "SE", "list-service": "Service", "list-site": "Site"}
FLAGS = ("help", "usage", "list-attrs", "debug", "sed", *LISTS)
VALUES = ("query", "attrs", "vo", "bdii", "timeout")
LONGEST = 86400
"""Seconds to wait for a BDII."""


class UsageError(Exception):
    """The command line can't be understood."""


class Options:
    """What was asked for."""

    def __init__(self) -> None:
        self.flags: set[str] = set()
        self.values: dict[str, str] = {}

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def kind(self) -> str:
        """What is listed; empty if only a text or the attributes are."""
        return next((LISTS[name] for name in LISTS if name in self.flags), "")


def parse(arguments: Sequence[str]) -> Options:
    """Raises UsageError unless exactly one thing is asked for, in words that are all known."""
    found, words = Options(), list(arguments)
    while words:
        word = words.pop(0)
        if word == "--" and not words:
            break
        if not word.startswith("-") or word in ("-", "--"):
            raise UsageError(f"{word!r} is no option; lcg-info --help tells more")
        name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        option = _option(name)
        if option in FLAGS:
            if equals:
                raise UsageError(f"--{option} takes no value")
            found.flags.add(option)
        elif equals or words:
            found.values[option] = value if equals else words.pop(0)
        else:
            raise UsageError(f"--{option} needs a value")
    return _checked(found)


def _option(name: str) -> str:
    """The option that a word, perhaps cut short, stands for."""
    known = (*FLAGS, *VALUES)
    if name.lower() in known:
        return name.lower()
    fitting = [each for each in known if name and each.startswith(name.lower())]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"--{name} may be {' or '.join(f'--{each}' for each in sorted(fitting))}")
    raise UsageError(f"--{name} is unknown; lcg-info --help tells more")


def _checked(found: Options) -> Options:
    if found.flags & {"help", "usage"}:
        return found
    asked = [name for name in (*LISTS, "list-attrs") if name in found.flags]
    if len(asked) != 1:
        wanted = ", ".join(f"--{name}" for name in LISTS)
        both = f", not {' and '.join(f'--{name}' for name in asked)}" if asked else ""
        raise UsageError(f"say one of {wanted} and --list-attrs{both}; lcg-info --help tells more")
    try:
        fits = 0 < float(found.get("timeout") or 1) <= LONGEST
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(f"--timeout: {found.get('timeout')!r} is no number of seconds")
    return found
