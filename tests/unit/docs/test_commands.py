"""docs/commands.md says what --help says, and every command line in the documentation is one."""

import argparse
import re
import shlex
from functools import cache

import pytest

from harness import cli
from harness.setup import command as setup
from harness.setup.launch import split
from tests.unit.docs import pages

PAGE = pages.ROOT / "docs" / "commands.md"
_LINE = re.compile(r"""(?<![\w/])\./icebox((?: (?:'[^'\n]*'|"[^"\n]*"|[^\n`|;&<>#])*)?)""")
TO_TOX = "test"
GENERAL = {"-h", "--help", "--no-install"}


@cache
def icebox() -> argparse.ArgumentParser:
    return cli.parser()


@cache
def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command but ``test``, whose arguments go to tox."""
    [commands] = [action for action in icebox()._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: found for name, found in commands.choices.items() if name != TO_TOX} | {
        "setup": setup._parser()
    }


def command_lines() -> list[tuple[str, str]]:
    found = []
    for page in pages.PAGES:
        if page.name == "remedies.md":
            continue  # its lines are pieces of sentences that are printed
        text = page.read_text(encoding="utf-8")
        for match in _LINE.finditer(text):
            number = text.count("\n", 0, match.start()) + 1
            found.append((f"{page.name}:{number}", match[1].split("   ")[0].strip()))
    return found


@pytest.mark.parametrize(("where", "line"), command_lines())
def test_command_lines_are_understood(where: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, _ = split(shlex.split(line))
    if not words or words[0] == TO_TOX:
        return
    if len(words) == 1 and words[0] in parsers():
        return  # prose that names a command without what it needs
    try:
        if words[0] == "setup":
            setup._parser().parse_args(words[1:])
        else:
            options = icebox().parse_args(words)
            # Behind NODE an option would be a word of the command.
            assert not (getattr(options, "line", None) or [""])[0].startswith("-"), where
    except SystemExit:
        pytest.fail(f"{where}: ./icebox {line}: {capsys.readouterr().err}")


@pytest.mark.parametrize("name", parsers())
def test_every_option_is_documented_and_no_other(name: str) -> None:
    cells = [row[0] for row in pages.rows(pages.section(PAGE, name)) if row[0].startswith("`")]
    documented = {quote.split()[0] for cell in cells for quote in pages.quoted(cell)}
    if name in ("status", "diagnose", "job"):  # their sections describe JSON, too
        documented = {word for word in documented if word.startswith("-") or word == "ID"}
    known = set(_words(parsers()[name]))
    assert documented == known - GENERAL


@pytest.mark.parametrize("name", [*parsers(), TO_TOX])
def test_every_command_is_listed(name: str) -> None:
    listed = {row[0] for row in pages.rows(PAGE.read_text(encoding="utf-8"))}
    assert f"[{name}](#{name})" in listed


def test_nothing_else_is_listed() -> None:
    listed = re.findall(r"^\| \[([\w-]+)\]\(#", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted([*parsers(), TO_TOX])


def _words(parser: argparse.ArgumentParser) -> list[str]:
    found = []
    for action in parser._actions:
        if action.option_strings:
            found += action.option_strings
        elif isinstance(action, argparse._SubParsersAction):
            found += [word for name, below in action.choices.items() for word in (name, *_words(below))]
        else:
            found += [str(choice) for choice in action.choices or [action.metavar or action.dest]]
    return found
