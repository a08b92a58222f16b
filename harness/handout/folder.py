"""The directory that is handed out: root's alone, and there whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.errors import HostError, InputError

MARK = ".icebox-handout"
"""In the directory: the name of the box that it belongs to."""


def write(directory: Path, box: str, files: Mapping[str, bytes]) -> Path:
    """Put ``files`` in the place of what an earlier handout of the box left there; its real path comes back.

    Names may have one directory before them.  Directories have mode 0700, files 0600.  Two for one box must
    not be written at once.  Raises InputError if something else is there, HostError if it can't be written;
    in either case what was there is there still, and nothing else.
    """
    place = Path(os.path.realpath(directory))
    made, old = (place.with_name(f".{place.name}.{box}.{word}") for word in ("new", "old"))
    _refuse_stranger(place, box)
    for left in (made, old):  # by one that was killed
        _refuse_stranger(left, box)
        shutil.rmtree(left, ignore_errors=True)
    try:
        _fill(made, {MARK: f"{box}\n".encode(), **files})  # the mark first
        _exchange(made, place, old)
    except OSError as error:
        raise HostError(
            "the handouts can't be written",
            where=str(place),
            why=error.strerror or str(error),
            remedy="make room there, or name another directory with --to DIR",
        ) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    return place


def _refuse_stranger(place: Path, box: str) -> None:
    if not os.path.lexists(place):
        if not place.parent.is_dir():
            raise _refused(place.parent, "there is no such directory")
        return
    if place.is_symlink() or not place.is_dir():
        raise _refused(place, "it is no directory")
    if place.stat().st_uid != os.geteuid():
        raise _refused(place, "it is another account's")
    mark = place / MARK
    whose = mark.read_text(errors="replace").strip() if mark.is_file() and not mark.is_symlink() else ""
    if whose != box and any(each.name != MARK or whose for each in place.iterdir()):
        raise _refused(place, f"it has handouts of the box {whose!r}" if whose else "others' files are in it")


def _refused(place: Path, why: str) -> InputError:
    return InputError(
        "handouts can't be put there",
        where=str(place),
        why=why,
        remedy="name a new or an empty directory with --to DIR, or that of an earlier handout of this box",
    )


def _fill(made: Path, files: Mapping[str, bytes]) -> None:
    made.mkdir(mode=0o700)
    for name, content in files.items():
        (made / name).parent.mkdir(mode=0o700, exist_ok=True)
        with open(os.open(made / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)


def _exchange(made: Path, place: Path, old: Path) -> None:
    """Put ``made`` where ``place`` is, which goes to ``old``; no moment has half of one."""
    if not place.exists():
        made.rename(place)
        return
    place.rename(old)
    try:
        made.rename(place)
    except OSError:
        old.rename(place)
        raise
