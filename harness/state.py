"""Where the harness keeps things on this machine."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from harness.errors import InputError

DEFAULT_HOME = "/var/lib/icebox"
BOX_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


def home() -> Path:
    """State directory: ``$ICEBOX_HOME``, else /var/lib/icebox."""
    return Path(os.environ.get("ICEBOX_HOME") or DEFAULT_HOME).absolute()


def home_mark() -> str:
    """Tells the state directories of one machine apart where all share a directory; empty for the default."""
    path = str(home())
    return "" if path == DEFAULT_HOME else "." + hashlib.sha256(path.encode()).hexdigest()[:6]


def checkout() -> Path:
    """Top of the source tree this code lies in."""
    return Path(__file__).resolve().parent.parent


def image_dir() -> Path:
    return home() / "image"


def ledger_dir() -> Path:
    return home() / "ledger"


def session_dir() -> Path:
    """Journals of test sessions, each with what it left elsewhere."""
    return home() / "sessions"


def log_dir() -> Path:
    """Logs of set-up and builds, kept until the next."""
    return home() / "log"


def box_dir(box: str) -> Path:
    """Everything of one box: keys, site layers, scratch, homes, logs."""
    return home() / "boxes" / box


def checked_name(box: str) -> str:
    """``box`` itself if it may name a box; raises InputError otherwise."""
    if not BOX_NAME.fullmatch(box):
        raise InputError(
            f"{box!r} can't be the name of a box",
            where="--box",
            remedy="use 1 to 12 small letters and digits, a letter first",
        )
    return box
