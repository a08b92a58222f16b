"""What an installation has made, by the ledger of its box: how each of it is known again, and removed.

Volumes bear a tag of the installation's, and its directory a file with that in it: what somebody else made
under the same name since then is left alone.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness import durable, process
from harness.console import Console
from harness.dom0 import lvm, shelf
from harness.errors import HostError
from harness.ledger import Entry, Ledger, Undo

DIRECTORY, GROUP, VOLUME = shelf.INSTALLED, "volume-group", "logical-volume"
"""In the ledger: the directory, with ``whole`` once all is there, and the highest directory that was ``made``
for it; the group of a partition; a volume."""
MARK = shelf.MARK
"""In the directory: the installation's tag."""
DISKS = "the disks of its installation"
"""Where machines of the box have their drives then, in words."""
SITE_FILE, PORTS = "icebox.toml", "gridbox-ports.cfg"
"""Below ``conf`` in it."""
PARTS = ("boot", "images", "conf", "nodes")
LINKS = ("icebox", "setup.sh")
PROPERTIES = "icebox.properties"
"""Whatever is below these names in the directory is the installation's; all else is left."""


def of(ledger: Ledger) -> Entry | None:
    """The installation of a box, whole or not; None if it has none."""
    return next(iter(ledger.of_kind(DIRECTORY)), None)


def is_whole(entry: Entry) -> bool:
    return entry.details.get("whole") == "yes"


def is_unfinished(ledger: Ledger) -> bool:
    """Whether an installation was begun and never came to its end."""
    entry = of(ledger)
    return entry is not None and not is_whole(entry)


def drives(ledger: Ledger) -> Mapping[str, Path]:
    """Where each drive of a whole installation lies, by its name; empty without one.  Raises HostError."""
    entry = of(ledger)
    if entry is None or not is_whole(entry):
        return {}
    volumes = {each.key.partition("/")[2]: lvm.device_of(each.key) for each in ledger.of_kind(VOLUME)}
    images = Path(entry.key) / "images"
    if not volumes and not images.is_dir():
        raise HostError(
            "the installed disks of the box are gone",
            where=str(images),
            why="there is no such directory",
            remedy=f"mount the disk that it is on, or ./icebox uninstall --box {ledger.box}",
        )
    return volumes or {path.name: path for path in images.iterdir()}


def image(ledger: Ledger) -> tuple[str, ...]:
    """Names of the layers that an installation was made of (``harness/image/build.py``)."""
    entry = of(ledger)
    text = (Path(entry.key) / PROPERTIES).read_text() if entry else ""
    rows = dict(line.partition("=")[::2] for line in text.splitlines())
    return tuple(rows.get("image", "").split())


def activate(ledger: Ledger) -> None:
    """Have the devices of its volumes; raises HostError."""
    for each in ledger.of_kind(VOLUME):
        lvm.activate(each.key)


def _undo_directory(entry: Entry) -> None:
    top = Path(entry.key)
    if shelf.tag_in(top) == entry.details["tag"]:
        for name in PARTS:
            shutil.rmtree(top / name, ignore_errors=not (top / name).exists())
        for name in (*LINKS, PROPERTIES, MARK):  # the mark last: until then the rest is known by it
            (top / name).unlink(missing_ok=True)
    if top.is_dir() and shelf.is_bare(top):
        durable.forget(top / MARK)
    made = entry.details["made"]
    for path in (top, *top.parents) if made else ():
        if path.is_relative_to(made):
            with contextlib.suppress(OSError):  # what others put there is theirs
                path.rmdir()


def _undo_group(entry: Entry) -> None:
    tag, uuid = entry.details["tag"], entry.details["uuid"]
    if others := lvm.remove_group(entry.key, tag, uuid):
        Console().warn(
            f"The volume group {entry.key} stays: others have made volumes in it: {', '.join(others)}."
        )


UNDO: Mapping[str, Undo] = {DIRECTORY: _undo_directory, GROUP: _undo_group, VOLUME: shelf.undo_volume}
KINDS = frozenset(UNDO)


def users(ledger: Ledger) -> list[str]:
    """In words, who has a disk of the installation open: a domain that runs from it, or a person."""
    volumes = [entry.key for entry in ledger.of_kind(VOLUME)]
    found = [f"the volume {name} is open" for name in lvm.opened(volumes)]
    entry = of(ledger)
    return found + (_openers(Path(entry.key) / "images") if entry else [])


def _openers(directory: Path) -> list[str]:
    inside = directory.resolve()
    found = [f"process {number} has {path} open" for number, path in process.openers(inside)]
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            if (path := backing.read_text().strip()).startswith(f"{inside}/"):
                found.append(f"/dev/{backing.parts[3]} is made of {path}")
    return found
