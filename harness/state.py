"""Where the harness keeps things on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from pathlib import Path

from harness import durable
from harness.errors import HostError, InputError, shortened

DEFAULT_HOME = "/var/lib/icebox"
LONGEST_HOME = 400
"""Characters: a mount takes one page (4096) of options, and those of a node name five paths below it."""
LAYOUT = 1
"""Version of what lies where in the state directory, and of the files there that say none of their own."""
BOX_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


def home() -> Path:
    """State directory: ``$ICEBOX_HOME``, else /var/lib/icebox; raises HostError if a later icebox made it."""
    path = checked_home()
    _refuse_later(path / "layout")
    return path


def checked_home() -> Path:
    """As ``home``, of whatever version; raises HostError for what can't be a state directory."""
    path = _home()
    if wrong := _wrong_home(path):
        raise HostError(
            "the state directory can't be used",
            where=shortened(str(path)),
            why=wrong,
            remedy="set ICEBOX_HOME to a directory of root's with a plain name, or unset it",
        )
    return path


def _wrong_home(path: Path) -> str:
    """Why the path can't be the state directory; empty if it can. Raises HostError if only root can tell."""
    text = str(path)
    if len(text) > LONGEST_HOME:
        return f"its name has {len(text)} characters; {LONGEST_HOME} are what mounts can take"
    if not text.isprintable() or any(sign in text for sign in ":,\\ "):
        return "with colons, commas, backslashes, spaces or control characters, mount options are misread"
    try:
        path.stat()
    except FileNotFoundError:
        return ""
    except PermissionError as error:
        raise HostError(
            "this needs root",
            where=shortened(text),
            why=str(error.strerror),
            remedy="run it as root, or with sudo",
        ) from None
    except OSError as error:
        return error.strerror or str(error)
    return "" if path.is_dir() else "it is no directory"


def make_home() -> None:
    """Make the state directory, and have it say its layout to icebox of all versions."""
    home().mkdir(parents=True, exist_ok=True)
    layout = home() / "layout"
    if not layout.exists():
        durable.write(layout, f"{LAYOUT}\n")


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


def identity() -> str:
    """What no other state directory is called: a machine that hosts boxes for several tells them by it."""
    path = home() / "identity"
    if not path.exists():
        # Two at once: the first one's counts.
        own = path.with_name(f"identity.{os.getpid()}")
        durable.write(own, f"{secrets.token_hex(8)}\n")
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
        durable.sync(path.parent)
    return path.read_text().strip()


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
