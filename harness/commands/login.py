"""ssh and console: a person at a node."""

from __future__ import annotations

import argparse
import os
import shlex

from harness.box.box import Box, attach
from harness.commands.options import add_box
from harness.dom0 import cgroup
from harness.errors import ExitCode, InputError
from harness.image.layer import OUTSIDE
from harness.site import Node
from harness.state import checked_name
from harness.virt.console import converse

NODE_HELP = "a name or role: xencenode, ce, wn2, ui …"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ssh = commands.add_parser("ssh", help="log in to a node, or run a command there")
    add_box(ssh)
    ssh.add_argument(
        "--as", dest="user", default="root", metavar="USER", help="root or a student, such as student01"
    )
    ssh.add_argument("node", metavar="NODE", help=f"{NODE_HELP} or outside")
    ssh.add_argument(
        "line", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to run (default: a shell)"
    )
    ssh.set_defaults(run=run_ssh)
    console = commands.add_parser("console", help="the console of a node, also when its network is broken")
    add_box(console)
    console.add_argument("node", metavar="NODE", help=NODE_HELP)
    console.set_defaults(run=run_console)


def run_ssh(options: argparse.Namespace) -> int:
    """Become OpenSSH's client within the dom0's network (or the outside's)."""
    box = attach(checked_name(options.box))
    if options.node == OUTSIDE:
        name, address, pid = OUTSIDE, "127.0.0.1", box.embedded.outside.pid
    else:
        node = node_of(box, options.node)
        name, address, pid = node.name, str(node.address), box.dom0.pid
    key = box.secrets.ssh_key(options.user).path if _may_log_in(box, options.user) else None
    known = box.embedded.run / f"known_hosts.{name}"
    known.write_text(f"{address} {box.secrets.ssh_key(f'host-{name}').public}\n")
    words = ["nsenter", "-t", str(pid), "-n", "--", "ssh", "-q", "-i", str(key)]
    words += [
        "-o",
        f"UserKnownHostsFile={known}",
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "IdentitiesOnly=yes",
    ]
    words += [f"{options.user}@{address}"]
    line = options.line[1:] if options.line[:1] == ["--"] else options.line
    if line:
        words.append(line[0] if len(line) == 1 else shlex.join(line))
    # It ends with the box, and keeps nothing of a dead one alive.
    cgroup.entrance(box.embedded.token).write_text(str(os.getpid()))
    os.execvp(words[0], words)


def _may_log_in(box: Box, user: str) -> bool:
    users = ["root", *(student.login for student in box.site.students)]
    if user not in users:
        raise InputError(f"nobody is called {user!r}", where="--as", remedy=f"one of: {', '.join(users)}")
    return True


def run_console(options: argparse.Namespace) -> int:
    box = attach(checked_name(options.box))
    converse(box.hypervisor, box.domain(node_of(box, options.node)))
    return ExitCode.GO


def node_of(box: Box, word: str) -> Node:
    """The node a person means; raises InputError with those there are."""
    node = box.site.node(word)
    if node is None:
        names = ", ".join(each.name for each in box.site.nodes)
        raise InputError(f"there is no node {word!r}", where=f"box {box.name}", remedy=f"one of: {names}")
    return node
