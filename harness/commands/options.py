"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness import state
from harness.box import host
from harness.box.box import Box, attach
from harness.console import Console, Style
from harness.dom0.dom0 import is_up
from harness.errors import InputError
from harness.ledger import Ledger, boxes
from harness.state import checked_name

DEFAULT_BOX = "icebox"


def add_box(parser: argparse.ArgumentParser) -> None:
    """Add ``--box``."""
    parser.add_argument("--box", default=DEFAULT_BOX, metavar="NAME", help="which box (default: icebox)")


def add_site(parser: argparse.ArgumentParser) -> None:
    """Add ``--site``."""
    default = state.checkout() / "icebox.toml"
    parser.add_argument(
        "--site", type=path, default=default, metavar="FILE", help="the site file (default: icebox.toml)"
    )


def path(text: str) -> Path:
    """The type of an option that names a file or directory: an empty text is none, and not the one here."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else")


def console_for(options: argparse.Namespace) -> Console:
    """Quiet where JSON was asked for."""
    return Console(style=Style.QUIET) if getattr(options, "json", False) else Console()


def option_of(box: str) -> str:
    """What a person adds to a command that means ``box``."""
    return "" if box == DEFAULT_BOX else f" --box {box}"


def known_box(options: argparse.Namespace) -> str:
    """The name that ``--box`` gives; raises InputError with those there are if no box is called so."""
    host.check_root()
    name, known = checked_name(options.box), boxes()
    if name not in known:
        there_are = f"there are: {', '.join(known)}; name one with --box" if known else "there is none"
        raise InputError(
            f"there is no box {name!r}",
            where="--box",
            why=there_are,
            remedy=f"./icebox start{option_of(name)} makes it",
        )
    return name


def box_that_is_up(options: argparse.Namespace) -> Box:
    """The box that ``--box`` names, attached; raises InputError if it is not up."""
    name = known_box(options)
    if not is_up(name, Ledger(name)):
        raise InputError(
            f"the box {name!r} is not up",
            where="--box",
            why="it was stopped, or its dom0 died",
            remedy=f"./icebox start{option_of(name)}",
        )
    return attach(name)
