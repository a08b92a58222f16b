"""The command line of ``icebox``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from harness import defect, garbage, interrupt, streams, umask
from harness.commands.words import CommandParser, Parser
from harness.console import Console
from harness.errors import ExitCode, HarnessError, HostError, IceboxError
from harness.setup import command as setup
from harness.setup import testing
from harness.setup.machine import version

DESCRIPTION = """\
Brings a whole virtual grid site up on this machine, uses it as a student would, and says whether
the school can start.  The evening before a school:

    ./icebox validate        bring the box up, check everything, write the report, take it down
    ./icebox start           bring the box up for the school;  ./icebox validate then checks that one
    ./icebox stop            take it down; what students stored is kept
"""
EPILOG = """\
Exit codes of validate: 0 go, 1 no-go, 2 bad input or bad host, 3 unknown (the harness itself failed).
Several boxes can be up at once: give each a name with --box NAME.  docs/commands.md tells more.
"""

GROUPS = {
    "box": ("build", "start", "stop", "status", "move"),
    "diagnose": ("diagnose",),
    "job": ("job",),
    "boot": ("enable", "disable"),
    "state": ("suspend", "save", "resume", "snapshot", "revert", "snapshots"),
    "show": ("show",),
    "install": ("install", "uninstall", "network-gridbox", "configure-xen"),
    "login": ("ssh", "console"),
    "handout": ("handout",),
    "restore": ("restore",),
    "validate": ("validate",),
    "report": ("report",),
    "fault": ("fault",),
    "drill": ("drill",),
    "ledger": ("ledger",),
    "xenhost": ("xen-host",),
}
"""The modules of harness/commands, and what is typed for each: only the one that is asked for is loaded."""

INTERRUPTED = 130
"""As the shell reports a program ended by Ctrl-C."""


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The whole command line, or what of it these words need."""
    top = Parser(
        prog="icebox",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"icebox {version()}", help="say its version")
    top.add_argument(
        "--no-install", action="store_true", help="refuse to install anything; say what is missing"
    )
    commands = top.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    commands.add_parser("setup", help="install what icebox needs on this machine", add_help=False)
    asked = next((word for word in words if not word.startswith("-")), "")
    for group in [name for name, those in GROUPS.items() if asked in those] or GROUPS:
        import_module(f"harness.commands.{group}").add(commands)
    commands.add_parser("test", help="run the project's own tests; arguments go to tox", add_help=False)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and never shows a traceback for an error it knows."""
    words = list(sys.argv[1:] if argv is None else argv)
    interrupt.as_keyboard()
    umask.ours()
    try:
        interrupt.let_through()
        if words[:1] == ["setup"]:
            return setup.run(words[1:])
        if words[:1] == ["test"]:
            return testing.run(words[1:])
        with garbage.uncollected():
            options = parser(words).parse_args(words)
        return int(options.run(options))
    except IceboxError as error:
        Console().error(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        Console().error("stopped; of a box that was just coming up nothing is left")
        return INTERRUPTED
    except PermissionError as error:
        Console().error(HostError("this needs root", why=str(error), remedy="run it as root, or with sudo"))
        return int(ExitCode.BAD_INPUT)
    except OSError as error:
        where, remedy = str(error.filename or "this machine"), "mend that, and run the command again"
        Console().error(HarnessError(error.strerror or str(error), where=where, remedy=remedy))
        return int(ExitCode.UNKNOWN)
    except Exception as error:
        Console().error(defect.told(error))
        return int(ExitCode.UNKNOWN)


if __name__ == "__main__":
    streams.mend()
    code = main()
    interrupt.hold_back()  # all is said and done: whatever comes now is too late
    sys.exit(code)
