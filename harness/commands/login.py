"""ssh and console: a person at a node."""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from harness.box.box import SSH, Box
from harness.commands.options import box_that_is_up, node_in, option_of
from harness.commands.words import add_box
from harness.errors import ExitCode, InputError
from harness.image.layer import OUTSIDE
from harness.site import Node, Role

NODE_HELP = "a name or role: xencenode, ce, wn2, ui ..."
CONNECTING = 20
"""Seconds for a node to take the connection."""
STUDENTS_ROLES = (Role.UI.value, OUTSIDE)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``ssh`` and ``console`` on the command line."""
    ssh = commands.add_parser(
        "ssh",
        help="log in to a node, or run a command there",
        usage="icebox ssh [-h] [--box NAME] [--as USER] NODE [COMMAND ...]",
        description="Logs in to a node, or runs a command there and ends with its exit code. Options stand "
        "before NODE.",
    )
    add_box(ssh)
    ssh.add_argument(
        "--as",
        dest="user",
        default="root",
        metavar="USER",
        help="root (default), or a student such as student01",
    )
    ssh.add_argument("node", metavar="NODE", help=f"{NODE_HELP} or outside")
    command = ssh.add_argument(
        "line", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to run (default: a shell)"
    )
    command.required = False  # or argparse says that a missing NODE is a missing COMMAND, too
    ssh.set_defaults(run=run_ssh)
    console = commands.add_parser(
        "console",
        help="the console of a node, also when its network is broken",
        description="Connects this terminal to a node's console, where root needs no password. It works "
        "without a network. Ctrl-] leaves.",
    )
    add_box(console)
    console.add_argument("node", metavar="NODE", help=NODE_HELP)
    console.set_defaults(run=run_console)


def run_ssh(options: argparse.Namespace) -> int:
    """Become OpenSSH's client within the dom0's network (or the outside's)."""
    _refuse_late_options(options)
    box = box_that_is_up(options)
    if options.node == OUTSIDE:
        role, name, address, place = OUTSIDE, OUTSIDE, "127.0.0.1", box.dom0.outside
    else:
        node = node_of(box, options.node)
        role, name, address, place = node.role.value, node.name, str(node.address), box.dom0
    _may_log_in(box, options.user, role)
    key = box.secrets.ssh_key(options.user).path
    known = box.files.known_hosts(name)
    known.write_text(f"{address} {box.secrets.ssh_key(f'host-{name}').public}\n")
    words = ["ssh", "-i", str(key)]
    # A connection that fails or breaks is told; without a word, 255 means that a signal ended the command.
    settings = (
        f"UserKnownHostsFile={known}",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "LogLevel=ERROR",
        f"ConnectTimeout={CONNECTING * box.pace:.0f}",
        # It ends with the box, and so does ssh.
        f"ProxyCommand={shlex.join(place.connection(address, SSH))}",
    )
    words += [word for setting in settings for word in ("-o", setting)]
    words += [f"{options.user}@{address}"]
    line = options.line[1:] if options.line[:1] == ["--"] else options.line
    if line:
        words.append(line[0] if len(line) == 1 else shlex.join(line))
    os.execvp(words[0], words)


def _refuse_late_options(options: argparse.Namespace) -> None:
    """No command begins with a hyphen."""
    if options.line and options.line[0] != "--" and options.line[0].startswith("-"):
        raise InputError(
            "options stand before NODE",
            where=f"{options.node} {shlex.join(options.line)}",
            why="what stands behind it is the command",
            remedy="write them before it, as in ./icebox ssh --as student01 ui",
        )


def _may_log_in(box: Box, user: str, role: str) -> None:
    users = ["root", *(student.login for student in box.site.students)]
    if user not in users:
        raise InputError(f"nobody is called {user!r}", where="--as", remedy=f"one of: {', '.join(users)}")
    if user != "root" and role not in STUDENTS_ROLES:
        raise InputError(
            f"{user} has no account there",
            where="--as",
            why="students have accounts on the UI and outside; CE and WNs know pool accounts",
            remedy=f"./icebox ssh{option_of(box.name)} --as {user} ui, or leave --as out to be root",
        )


def run_console(options: argparse.Namespace) -> int:
    """Connect the terminal to a node's console."""
    box = box_that_is_up(options)
    if not sys.stdin.isatty():
        raise InputError(
            "a console needs a terminal to type at",
            where="standard input",
            remedy=f"./icebox ssh{option_of(box.name)} {options.node} COMMAND runs a command without one",
        )
    box.machines.converse(node_of(box, options.node))
    return ExitCode.GO


def node_of(box: Box, word: str) -> Node:
    """The node a person means; raises InputError with those there are."""
    return node_in(box.site, word, f"box {box.name}")
