"""Run a command for its output."""

import subprocess
import sys
from collections.abc import Sequence

from gridware.pace import longer

SECONDS = 5


def output(command: Sequence[str]) -> str | None:
    """What the command prints; None, with the reason in the log, if it fails or takes over SECONDS.

    These are of a usual machine.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=longer(SECONDS))
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return None
    if done.returncode:
        print(f"{command[0]} exits with {done.returncode}: {done.stderr.strip()}", file=sys.stderr)
        return None
    return done.stdout
