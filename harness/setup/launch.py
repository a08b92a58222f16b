"""What ``./icebox`` does before the harness itself can run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from harness import interrupt, umask
from harness.console import Console
from harness.errors import ExitCode, HostError, IceboxError
from harness.setup import environment
from harness.setup.command import NO_INSTALL
from harness.setup.command import run as run_setup
from harness.setup.machine import Machine
from harness.setup.prepare import prepare, steps

FLAG = "--no-install"
# What stands behind these and their node is a command of the person's.
PASS_ON = ("ssh", "console")
# These bring up a box, or build what it boots from.
WITH_BOX = ("build", "start", "validate", "test")
INTERRUPTED = 130
HELP = ("-h", "--help")
BARE_HELP = """\
usage: icebox COMMAND [OPTIONS]

This machine is not prepared yet, so this is the short help. ./icebox setup prepares it: it says what it
installs, and --no-install only says what is missing. Every command does the same first.

  validate   bring up the site, check it as a student would use it, write a report, take it down
  setup      prepare this machine
  test       run the project's own tests
"""


def main(argv: Sequence[str]) -> int:
    """Prepare the machine, then become ``harness.cli``; returns only if that is not possible."""
    # As Ctrl-C: installers are stopped and the host is left as it was.  Not inherited by harness.cli.
    interrupt.as_keyboard()
    umask.ours()
    try:
        interrupt.let_through()
        return launch(argv, Machine())
    except IceboxError as error:
        Console().error(error)
        return error.exit_code
    except PermissionError as error:
        # What root prepared is not everybody's to see.
        Console().error(HostError("this needs root", why=str(error), remedy="run it as root, or with sudo"))
        return ExitCode.BAD_INPUT
    except KeyboardInterrupt:
        Console().error("interrupted; run the same command again and it goes on from here")
        return INTERRUPTED


def launch(argv: Sequence[str], machine: Machine) -> int:
    """As ``main``, with errors raised."""
    arguments, install = split(argv)
    command = arguments[0] if arguments else ""
    if command == "setup":
        return run_setup([*arguments[1:], *([] if install else [FLAG])])
    python = environment.interpreter(machine)
    if _asks_for_help(arguments):
        if not environment.step(machine).ready():
            print(BARE_HELP, end="")
            return ExitCode.GO
    else:
        wanted = steps(machine, tests=command == "test", boxes=command in WITH_BOX)
        prepare(machine, wanted, Console(), install=install)
        # A missing libvirt has just been installed, and the environment's name holds its version.
        python = environment.interpreter(machine)
    surroundings = {**os.environ, "PYTHONPATH": _search_path(machine)}
    if not install:
        surroundings[NO_INSTALL] = "1"
    sys.stdout.flush()
    # harness.cli lets them through once it can answer; its imports take half a second.
    interrupt.hold_back()
    # -P: a file called like one of our modules, where the person stands, is not ours.
    return os.execve(python, [str(python), "-P", "-m", "harness.cli", *arguments], surroundings)


def split(argv: Sequence[str]) -> tuple[list[str], bool]:
    """The arguments without ``--no-install``, and whether installing is allowed."""
    ours = list(argv)
    end = next((index for index, word in enumerate(ours) if word == "--" or word in PASS_ON), len(ours))
    head = [word for word in ours[:end] if word != FLAG]
    return head + ours[end:], len(head) == end


def _asks_for_help(arguments: Sequence[str]) -> bool:
    """Help and no arguments at all need no machine, only the harness."""
    return not arguments or arguments[0] in HELP


def _search_path(machine: Machine) -> str:
    given = os.environ.get("PYTHONPATH")
    return f"{machine.checkout}{os.pathsep}{given}" if given else str(machine.checkout)
