"""Where the harness keeps things on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

from harness.errors import InputError

BOX_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


def home() -> Path:
    """State directory: ``$ICEBOX_HOME``, else /var/lib/icebox."""
    return Path(os.environ.get("ICEBOX_HOME") or "/var/lib/icebox")


def checkout() -> Path:
    """Top of the source tree this code lies in."""
    return Path(__file__).resolve().parent.parent


def image_dir() -> Path:
    return home() / "image"


def ledger_dir() -> Path:
    return home() / "ledger"


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
