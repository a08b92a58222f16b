"""What can go wrong, with Torque's numbers (pbs_error.h) and texts."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN_JOB = 15001
ILLEGAL_ATTRIBUTE = 15004
UNAUTHORIZED = 15007
UNKNOWN_HOST = 15008
SYSTEM = 15010
UNKNOWN_SIGNAL = 15013
BAD_VALUE = 15014
RUNNING = 15015
BAD_STATE = 15016
UNKNOWN_QUEUE = 15018
BAD_USER = 15023
UNKNOWN_RESOURCE = 15035
EXCEEDS_QUEUE = 15036
NOT_RERUNABLE = 15038
BAD_DEPENDENCY = 15054
UNKNOWN_NODE = 15062
BAD_ARRAY = 15081
CONNECTION_REFUSED = 111


class PbsError(Exception):
    """A refusal: ``number`` is a PBSE number, or an exit code below 256 for errors of the command itself."""

    def __init__(self, text: str, number: int = 1) -> None:
        super().__init__(text)
        self.number = number

    @property
    def code(self) -> int:
        """The exit code of the command."""
        return self.number & 0xFF


class UsageError(Exception):
    """The command line cannot be understood; the text stands before the usage, and may be empty."""


def bad_state(ident: str) -> PbsError:
    """Of a job that is past it, or not there yet."""
    return PbsError(f"Request invalid for state of job  {ident}", BAD_STATE)


def no_server(server: str, number: int, text: str) -> PbsError:
    return PbsError(f"cannot connect to server {server} (errno={number}) {text}", number)


def guarded(command: str, usage: str, work: Callable[[], int]) -> int:
    """Do a command's work; what it refuses goes to standard error, and decides the exit code."""
    try:
        return work()
    except UsageError as error:
        if str(error):
            complain(command, error)
        sys.stderr.write(usage)
        return 2
    except PbsError as error:
        complain(command, error)
        return error.code


def complain(command: str, error: Exception) -> None:
    print(f"{command}: {error}", file=sys.stderr)
