"""The words of build, start and validate, and options that several commands share.

The launcher judges by them what it was given before it installs anything: they take no more than Python's own
library.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NoReturn, TypeAlias

from harness import state
from harness.errors import on_screen, shortened
from harness.horizon import day

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

DEFAULT_BOX = "icebox"
MOST_WORKERS = 64
"""Checks at once: each is a process of some 60 MB."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no more of a word than fits a screen."""

    def error(self, message: str) -> NoReturn:
        super().error(on_screen(shortened(message, 400)))


class CommandParser(Parser):
    """The words after one command; what it does not know is told with its own usage, not that of all."""

    def parse_known_args(  # type: ignore[override]
        self, args: list[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse's, which leaves it to the caller to say what was not known."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def with_box() -> Parser:
    """A parser for the commands that bring up a box, or build what it boots from."""
    top = Parser(prog="icebox")
    commands: Commands = top.add_subparsers(dest="command", required=True, parser_class=CommandParser)
    for add in (build, start, validate, install):
        add(commands)
    return top


def build(commands: Commands) -> argparse.ArgumentParser:
    """Put ``build`` on the command line."""
    parser = commands.add_parser(
        "build",
        help="build the image, if its inputs changed",
        description="Builds the image that all nodes boot from, unless the one for this checkout is there. "
        "start and validate do so by themselves.",
    )
    parser.add_argument(
        "--pack", type=path, metavar="FILE", help="also write the image as one compressed file (tar, zstd)"
    )
    return parser


def start(commands: Commands) -> argparse.ArgumentParser:
    """Put ``start`` on the command line."""
    parser = commands.add_parser(
        "start",
        help="bring a box up and leave it standing",
        description="Brings a box up and leaves it standing. One that was stopped comes back with what "
        "students had stored. If it does not come up, nothing of it is left running.",
    )
    add_box(parser)
    add_site(parser)
    add_trust(parser)
    parser.add_argument("--if-down", action="store_true", help="leave a box that is up as it is, and say so")
    return parser


def validate(commands: Commands) -> argparse.ArgumentParser:
    """Put ``validate`` on the command line."""
    parser = commands.add_parser(
        "validate",
        help="bring the box up, check everything, write the report, take it down",
        description="Brings the box up, checks everything, writes the report and takes the box down again. "
        "A box that is up already is checked and left standing. Exit codes: 0 go, 1 no-go, 2 bad input or "
        "bad host, 3 unknown (the harness itself failed).",
    )
    add_box(parser)
    add_site(parser)
    add_json(parser)
    add_trust(parser)
    parser.add_argument(
        "-n",
        "--workers",
        type=_count,
        metavar="N",
        help=f"how many checks run at once, up to {MOST_WORKERS} (default: chosen for you)",
    )
    parser.add_argument(
        "-k", "--only", metavar="WORDS", help="only checks whose name matches, as in pytest -k"
    )
    less = parser.add_mutually_exclusive_group()
    less.add_argument(
        "--quick",
        action="store_true",
        help="only the lines of the user's guide; the verdict says what was left out",
    )
    less.add_argument(
        "--core",
        action="store_true",
        help="only these, network, names, certificates and one check of each service, for slow machines",
    )
    parser.add_argument(
        "--mend",
        action="store_true",
        help="type the remedies that do no harm, say which, and check again what was red",
    )
    add_until(parser)
    parser.add_argument(
        "--keep",
        choices=["never", "failed", "always"],
        default="never",
        help="when to leave the box standing (default: never)",
    )
    parser.add_argument(
        "--run-dir", type=path, metavar="DIR", help="where results go (default: reports/runs/<time>)"
    )
    return parser


def install(commands: Commands) -> argparse.ArgumentParser:
    """Put ``install`` on the command line."""
    parser = commands.add_parser(
        "install",
        help="put a box's disks on this Xen host, in files or logical volumes",
        description="Makes the disks of a box, and a file for each of its machines that xl create takes. "
        "Nothing is started. ./icebox uninstall removes all of it.",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--files", type=path, metavar="DIR", help="disks are image files in this new or empty directory"
    )
    where.add_argument(
        "--lvm",
        metavar="PARTITION_OR_VG",
        help="disks are logical volumes of this group, or of one that is made of this partition",
    )
    add_box(parser)
    add_site(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--yes", action="store_true", help="don't ask: take the partition, whatever it holds")
    return parser


def add_box(parser: argparse.ArgumentParser) -> None:
    """Add ``--box``."""
    parser.add_argument("--box", default=DEFAULT_BOX, metavar="NAME", help="which box (default: icebox)")


def add_site(parser: argparse.ArgumentParser) -> None:
    """Add ``--site``."""
    default = state.checkout() / "icebox.toml"
    parser.add_argument(
        "--site", type=path, default=default, metavar="FILE", help="the site file (default: icebox.toml)"
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add ``--trust-students``."""
    parser.add_argument(
        "--trust-students",
        action="store_true",
        help="open the box to others even where this machine can't be kept apart from it",
    )


def add_until(parser: argparse.ArgumentParser, default: str = "") -> None:
    """Add ``--until``; ``default`` is what is meant where it is not given, by default the usual day."""
    told = "nobody looks ahead" if default else f"{day.USUAL} days from now"
    parser.add_argument(
        "--until",
        type=day.until,
        default=default or day.usual(),
        metavar="DATE",
        help=f"warn of what ends by this day, as 2026-12-31; or {day.NONE} (default: {told})",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else")


def path(text: str) -> Path:
    """The type of an option that names a file or directory: an empty text is none, and not the one here."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {MOST_WORKERS}")
    return int(text)
