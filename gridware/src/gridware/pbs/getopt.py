"""Options of the PBS commands. The library's getopt imports gettext, which takes longer than qsub itself."""

from __future__ import annotations

from gridware.pbs.errors import UsageError


def parse(
    arguments: list[str], flags: str, valued: str, permute: bool = True
) -> tuple[list[tuple[str, str]], list[str]]:
    """Options in their order, as (letter, value), and the operands, between options too if ``permute``."""
    options: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return options, operands + rest
        if word == "-" or not word.startswith("-"):
            operands.append(word)
            if not permute:
                return options, operands + rest
            continue
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in valued:
                if not letters and not rest:
                    raise UsageError(f"option requires an argument -- '{letter}'")
                options.append((letter, letters or rest.pop(0)))
                break
            if letter not in flags:
                raise UsageError(f"invalid option -- '{letter}'")
            options.append((letter, ""))
    return options, operands
