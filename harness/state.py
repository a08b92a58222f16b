"""Where the harness keeps things on this machine."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from harness.errors import HostError, InputError, shortened

DEFAULT_HOME = "/var/lib/icebox"
LAYOUT = 1
"""Version of what lies where in the state directory, and of the files there that say none of their own."""
BOX_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


def home() -> Path:
    """State directory: ``$ICEBOX_HOME``, else /var/lib/icebox; raises HostError if a later icebox made it."""
    path = _home()
    _refuse_later(path / "layout")
    return path


def make_home() -> None:
    """Make the state directory, and have it say its layout to icebox of all versions."""
    home().mkdir(parents=True, exist_ok=True)
    layout = home() / "layout"
    if not layout.exists():
        layout.write_text(f"{LAYOUT}\n")


def _home() -> Path:
    return Path(os.environ.get("ICEBOX_HOME") or DEFAULT_HOME).absolute()


def _refuse_later(layout: Path) -> None:
    try:
        said = layout.read_text().strip()
    except OSError:
        return  # of the first layout, or nothing of ours: what follows will tell
    # Cut off by a power loss, it is empty.
    if said and said not in map(str, range(1, LAYOUT + 1)):
        raise HostError(
            "the state directory was made by a later icebox; nothing in it was touched",
            where=str(layout.parent),
            why=f"its layout is {said[:20]!r}, and this icebox knows those up to {LAYOUT}",
            remedy="use the icebox that made it, or set ICEBOX_HOME to another directory for this one",
        )


def home_mark() -> str:
    """Tells the state directories of one machine apart where all share a directory; empty for the default."""
    path = str(_home())
    return "" if path == DEFAULT_HOME else "." + hashlib.sha256(path.encode()).hexdigest()[:6]


def checkout() -> Path:
    """Top of the source tree this code lies in."""
    return Path(__file__).resolve().parent.parent


def image_dir() -> Path:
    """Layers of the image, shared by all boxes."""
    return home() / "image"


def ledger_dir() -> Path:
    """Journals of the boxes, one file each."""
    return home() / "ledger"


def session_dir() -> Path:
    """Journals of test sessions, each with what it left elsewhere."""
    return home() / "sessions"


def log_dir() -> Path:
    """Logs of set-up and builds, kept until the next."""
    return home() / "log"


def failure_dir(box: str) -> Path:
    """Logs of a box that did not come up, kept until its next failure."""
    return log_dir() / f"failed-{box}"


def box_dir(box: str) -> Path:
    """Everything of one box: keys, site layers, scratch, homes, logs."""
    return home() / "boxes" / box


def checked_name(box: str) -> str:
    """``box`` itself if it may name a box; raises InputError otherwise."""
    if not BOX_NAME.fullmatch(box):
        raise InputError(
            f"{shortened(box)!r} can't be the name of a box",
            where="--box",
            remedy="use 1 to 12 small letters and digits, a letter first",
        )
    return box
