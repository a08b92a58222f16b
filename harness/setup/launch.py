"""What ``./icebox`` does before the harness itself can run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import takewhile

from harness import defect, interrupt, sitefile, state, streams, umask
from harness.commands import words
from harness.console import Console
from harness.errors import ExitCode, HostError, IceboxError
from harness.setup import binding, environment, plan, testing
from harness.setup.command import NO_INSTALL
from harness.setup.command import run as run_setup
from harness.setup.machine import Machine, version
from harness.setup.prepare import prepare, steps
from harness.setup.step import Step

FLAG = "--no-install"
# What stands behind these and their node is a command of the person's.
PASS_ON = ("ssh", "console")
# These bring up a box, or build what it boots from.  All others look at what is there, or tidy it up: they
# install nothing.
WITH_BOX = ("build", "install", "start", "validate", "test")
DRY_RUN = "--dry-run"
INTERRUPTED = 130
HELP = ("-h", "--help")
BARE_HELP = """\
usage: icebox COMMAND [OPTIONS]

This machine is not prepared yet, so this is the short help. ./icebox setup prepares it: it says what it
installs, and --no-install only says what is missing. build, start, validate and test do the same first.

  validate   bring up the site, check it as a student would use it, write a report, take it down
  start      bring up the site for the school
  setup      prepare this machine
  test       run the project's own tests
"""


def main(argv: Sequence[str]) -> int:
    """Prepare the machine, then become ``harness.cli``; returns only if that is not possible."""
    # As Ctrl-C: installers are stopped and the host is left as it was.  Not inherited by harness.cli.
    interrupt.as_keyboard()
    umask.ours()
    streams.mend()
    forget_python()
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
    except OSError as error:
        where, remedy = str(error.filename or "this machine"), "mend that, and run the command again"
        Console().error(HostError(error.strerror or str(error), where=where, remedy=remedy))
        return ExitCode.BAD_INPUT
    except Exception as error:
        Console().error(defect.told(error))
        return ExitCode.UNKNOWN


def launch(argv: Sequence[str], machine: Machine) -> int:
    """As ``main``, with errors raised."""
    arguments, install = split(argv)
    command = arguments[0] if arguments else ""
    if command == "setup":
        return run_setup([*arguments[1:], *([] if install else [FLAG])])
    if command == "--version":
        print(f"icebox {version()}")
        return ExitCode.GO
    if _asks_for_help(arguments):
        if plan.lacking(_to_run(machine)):
            print(BARE_HELP, end="")
            return ExitCode.GO
    elif command in WITH_BOX and DRY_RUN not in arguments:
        _judge(arguments, machine)
        prepare(machine, steps(machine, tests=command == "test"), Console(), install=install)
    else:
        prepare(machine, _to_run(machine), Console(), install=False, remedy="./icebox setup prepares it")
    return _become_harness(machine, arguments, install)


def _become_harness(machine: Machine, arguments: Sequence[str], install: bool) -> int:
    # A missing libvirt may just have been installed, and the environment's name holds its version.
    python = environment.interpreter(machine)
    surroundings = {**os.environ, "PYTHONPATH": str(machine.checkout)}
    if not install:
        surroundings[NO_INSTALL] = "1"
    sys.stdout.flush()
    # harness.cli lets them through once it can answer; its imports take half a second.
    interrupt.hold_back()
    # -P: a file called like one of our modules, where the person stands, is not ours.
    return os.execve(python, [str(python), "-P", "-m", "harness.cli", *arguments], surroundings)


def forget_python() -> None:
    """Leave the caller's PYTHONPATH, PYTHONHOME and their kin out of every Python of ours: the installers',
    the harness', and those that it starts."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]


def _to_run(machine: Machine) -> list[Step]:
    """Without these the harness does not run at all."""
    return [environment.step(machine), binding.step(machine)]


def _judge(arguments: Sequence[str], machine: Machine) -> None:
    """Read what a command is given before anything is installed for it.

    Raises InputError; ends the process, as argparse does, for words that it does not know.
    """
    if arguments[0] == "test":
        testing.check_names(machine, arguments[1:])
        return
    given = words.with_box().parse_args(list(arguments))
    if "box" in given:
        state.checked_name(given.box)
        sitefile.load(given.site)


def split(argv: Sequence[str]) -> tuple[list[str], bool]:
    """The arguments without ``--no-install``, and whether installing is allowed."""
    ours = list(argv)
    end = next((index for index, word in enumerate(ours) if word == "--" or word in PASS_ON), len(ours))
    head = [word for word in ours[:end] if word != FLAG]
    return head + ours[end:], len(head) == end


def _asks_for_help(arguments: Sequence[str]) -> bool:
    """Help and no arguments at all need no machine, only the harness."""
    if not arguments:
        return True
    ours = list(takewhile(lambda word: word != "--", arguments))
    if arguments[0] in PASS_ON:
        ours = ours[:2]
    return any(word in HELP for word in ours)
