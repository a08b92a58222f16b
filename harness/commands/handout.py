"""handout: a sheet of paper and a folder for each student."""

from __future__ import annotations

import argparse

from harness.commands.options import box_that_is_up, console_for
from harness.commands.words import add_box, path
from harness.errors import ExitCode
from harness.handout import folder, papers
from harness.handout.page import FORMATS


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``handout`` on the command line."""
    parser = commands.add_parser(
        "handout",
        help="for each student a page: login, names, first commands; and a folder with the student's key",
        description="Writes a page for each student: how to log in from a laptop, the names of the machines, "
        "first commands. Beside it lies a folder for each, with the student's key; no other secret is in it.",
    )
    add_box(parser)
    parser.add_argument(
        "--format", choices=sorted(FORMATS), default="html", help="of the pages (default: html)"
    )
    parser.add_argument(
        "--to",
        type=path,
        metavar="DIR",
        help="where to; default: handout, in the box's directory",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write them and say where they are."""
    box, console = box_that_is_up(options), console_for(options)
    with box.ledger.locked():
        place = folder.write(options.to or box.files.handout, box.name, papers.of(box, options.format))
    box.close()
    if box.dom0.ALONE and not box.site.expose:
        console.warn("no laptop reaches this box: its network is this machine's alone (docs/class-room.md)")
    console.result(str(place))
    console.note(f"all.{options.format} has a page for each student, without any secret: print it.")
    console.note("Each folder there is for that student alone: the file `key` in it opens the account.")
    return ExitCode.GO
