"""restore: files of the image, put back on a node."""

from __future__ import annotations

import argparse

from harness.box import restored, teardown
from harness.box.box import Box
from harness.commands.login import NODE_HELP, node_of
from harness.commands.options import box_that_is_up, console_for
from harness.commands.words import add_box
from harness.console import Console
from harness.errors import ExitCode, InputError

DOM0 = "dom0"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``restore`` on the command line."""
    parser = commands.add_parser(
        "restore",
        help="put files of the image back on a node, or the box's network on this machine",
        description="Puts files that were changed or removed on a node back as they were when the box was "
        "made; of a directory, all that came with it. What stood in their place is kept on the node, below "
        "/var/lib/icebox/replaced. A service that reads them has to be restarted. With dom0 in the place of "
        "NODE, and no file: what the box has made in this machine's own network, if others have undone it.",
    )
    add_box(parser)
    parser.add_argument("node", metavar="NODE", help=NODE_HELP)
    parser.add_argument("paths", metavar="FILE", nargs="*", help="from / on, such as /etc/lcmaps")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Put them back and say which."""
    box, console = box_that_is_up(options), console_for(options)
    if options.node == DOM0 and not options.paths:
        return _restore_network(box, console)
    node = node_of(box, options.node)
    if not options.paths:
        raise InputError(
            "no file is named",
            where=f"restore {options.node}",
            why="only dom0 is put back without one; others are from / on, such as /etc/lcmaps",
        )
    put_back = restored.restore(box, node, options.paths)
    for name in put_back:
        console.result(f"{node.name}: {name}")
    if not put_back:
        console.result(f"{node.name}: all of it is as it was when the box was made.")
    box.close()
    return ExitCode.GO


def _restore_network(box: Box, console: Console) -> int:
    with box.ledger.locked(teardown.PATIENCE):
        undone = box.dom0.disturbed(box.site_now)
        if undone:
            with console.stage("lay the network anew"):
                box.dom0.lay_again(box.site_now)
    what = f"{undone}; it is laid anew" if undone else "is as it was made"
    console.result(f"The network of the box {box.name!r} {what}.")
    box.close()
    return ExitCode.NO_GO if undone and box.dom0.disturbed(box.site_now) else ExitCode.GO
