"""Runs a command by its name; what a command does not need is not loaded."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from gridware.program import piped
from gridware.wms import commands, errors, options
from gridware.wms.errors import UsageError
from gridware.wms.session import Session, connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridware.wms.session import Connect

VERSION = "3.1"


@piped
def program(arguments: Sequence[str]) -> int:
    """Every job command; the name it is called by says which it is."""
    return main(sys.argv[0], arguments)


def main(program: str, arguments: Sequence[str], talk: Connect = connect) -> int:
    """The exit code: 0 done, 1 wrong usage or failure, 255 some of several ids failed."""
    command = commands.command(os.path.basename(program))
    try:
        call = options.parse(command, arguments)
    except UsageError as error:
        print(errors.shown(error, command.old), file=sys.stderr)
        return 1
    if call.has("help"):
        from gridware.wms.manual import page

        print(page(command))
        return 0
    if call.has("version"):
        # The second line is the originals': scripts look for it, and for the number at its end.
        product = "Job Submission User Interface" if command.one_dash else "WMS User Interface"
        print(f"{command.name} (Grid in a Box)\n{product} version {VERSION}")
        return 0
    return _run(Session(command, call, talk))


def _run(session: Session) -> int:
    session.debug("command line: " + " ".join([session.command.name, *sys.argv[1:]]))
    failed = True
    try:
        code: int = import_module(session.command.module).run(session)
        failed = code != 0
        return code
    except errors.known() as error:
        session.complain(error)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except SystemExit:  # the person said no: nothing failed
        failed = False
        raise
    finally:
        session.close()
        session.write_log(failed)
