"""What nobody foresaw, told like every other error: in a few lines, with the whole trace in a file.

Standard library only: the launcher uses it.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from harness import state
from harness.errors import HarnessError, shortened

FILE = "defect.log"
"""In the directory of logs; the last defect's trace."""


def told(error: Exception) -> HarnessError:
    """The error to show in the place of a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return HarnessError(
        "icebox itself failed in a way it does not know",
        where=where,
        why=f"{type(error).__name__}: {shortened(_text(error))}",
        remedy=_keep(error),
    )


def _text(error: Exception) -> str:
    try:
        return str(error)
    except Exception:
        return "it can't be put into words"


def _keep(error: Exception) -> str:
    """Write the trace to the file and say so."""
    again = "run the command again; if it stays, report it to whoever maintains icebox"
    try:
        path = Path(state.log_dir()) / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
    except Exception:
        return again
    return f"{again}, with {path}"
