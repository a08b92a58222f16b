"""``icebox setup``: prepare this machine and say what there is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from harness.console import Console
from harness.errors import ExitCode
from harness.setup import plan
from harness.setup.machine import Machine
from harness.setup.prepare import prepare, steps
from harness.setup.shell import Shell

# Set by the launcher when it took --no-install off the command line.
NO_INSTALL = "ICEBOX_NO_INSTALL"


def run(argv: Sequence[str]) -> int:
    """Raises HostError if the machine can't be prepared."""
    options = _parser().parse_args(argv)
    machine, console = Machine(), Console()
    wanted = steps(machine, tests=options.tests)
    install = not (options.no_install or os.environ.get(NO_INSTALL))
    if not prepare(machine, wanted, console, install=install):
        # Nothing is missing, so this only shows each of them.
        plan.run(wanted, Shell(machine.home / "log"), console)
    console.note(f"This machine is ready. Prepared parts are in {machine.home}")
    return ExitCode.GO


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="icebox setup",
        description="Installs what icebox needs on this machine. Every other command does the same first, "
        "so this one is for doing it ahead of time, where there is a good network.",
    )
    parser.add_argument("--tests", action="store_true", help="also what `icebox test` needs (Chromium)")
    parser.add_argument("--no-install", action="store_true", help="only say what is missing (exit code 2)")
    return parser
