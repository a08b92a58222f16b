"""restore: files of the image, put back on a node."""

from __future__ import annotations

import argparse

from harness.box import restored
from harness.commands.login import NODE_HELP, node_of
from harness.commands.options import box_that_is_up, console_for
from harness.commands.words import add_box
from harness.errors import ExitCode


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``restore`` on the command line."""
    parser = commands.add_parser(
        "restore",
        help="put files of the image back on a node",
        description="Puts files that were changed or removed on a node back as they were when the box was "
        "made; of a directory, all that came with it. What stood in their place is kept on the node, below "
        "/var/lib/icebox/replaced. A service that reads them has to be restarted.",
    )
    add_box(parser)
    parser.add_argument("node", metavar="NODE", help=NODE_HELP)
    parser.add_argument("paths", metavar="FILE", nargs="+", help="from / on, such as /etc/lcmaps")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Put them back and say which."""
    box, console = box_that_is_up(options), console_for(options)
    node = node_of(box, options.node)
    put_back = restored.restore(box, node, options.paths)
    for name in put_back:
        console.result(f"{node.name}: {name}")
    if not put_back:
        console.result(f"{node.name}: all of it is as it was when the box was made.")
    box.close()
    return ExitCode.GO
