"""A look at files and disks: what is there, and whether something can be written."""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import glob
import os
import pwd
import stat
import threading
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.looks.beside import as_account, read

MOST = 1 << 19
"""Characters of a file that are told."""
CONTENT = bytes(4096)
"""What a file is filled with where it is tried whether one can be."""


def files(patterns: list[str], content: bool) -> dict[str, dict[str, Any]]:
    """What is at these places (``glob``); contents only if asked for, and never of what is no plain file."""
    found = {}
    for path in sorted({path for pattern in patterns for path in glob.glob(pattern)}):
        with contextlib.suppress(FileNotFoundError):
            seen = os.stat(path)
            told: dict[str, Any] = {
                "mode": stat.S_IMODE(seen.st_mode),
                "owner": _account(seen.st_uid),
                "group": seen.st_gid,
                "place": f"{seen.st_dev}:{seen.st_ino}",
                "size": seen.st_size,
                "plain": stat.S_ISREG(seen.st_mode),
                "device": stat.S_ISCHR(seen.st_mode),
                "links": seen.st_nlink,
                "changed": seen.st_ctime,
            }
            if content and stat.S_ISREG(seen.st_mode):
                with open(path, encoding="utf-8", errors="replace") as file:
                    told["text"] = file.read(MOST)
            found[path] = told
    return found


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def disks(paths: list[str]) -> dict[str, dict[str, Any]]:
    """Room at each place and wherever something is mounted, and whether something can be written there."""
    found: dict[str, dict[str, Any]] = {}
    for path in dict.fromkeys([*paths, *filter(os.path.isdir, _mounts())]):
        if not os.path.isdir(path):
            found[path] = {"error": "there is no such directory"}
            continue
        room = os.statvfs(path)
        found[path] = {
            "bytes": room.f_blocks * room.f_frsize,
            "free": room.f_bavail * room.f_frsize,
            "files": room.f_files,
            "files_free": room.f_favail,
            "error": _unwritable(path),
        }
    return found


def _mounts() -> list[str]:
    """Where file systems are mounted that programs write to."""
    lines = [line.split() for line in read("/proc/mounts").splitlines()]
    kinds = {"overlay", "ext4", "xfs", "btrfs", "tmpfs"}
    return [
        words[1]
        for words in lines
        if words[2] in kinds and not words[1].startswith(("/dev/", "/proc", "/sys"))
    ]


def _unwritable(path: str) -> str:
    """Why a file can't be made and filled there; empty if it can.  It is gone again."""
    try:
        file = _nameless(path)
        try:
            if os.write(file, CONTENT) < len(CONTENT):
                return os.strerror(errno.ENOSPC)
        finally:
            os.close(file)
    except OSError as error:
        return os.strerror(error.errno or errno.EIO)
    return ""


def _nameless(path: str) -> int:
    """An open file in a directory that is in no list there, so that nobody sees it, nor when it was made."""
    with contextlib.suppress(OSError):  # a file system may know none
        return os.open(path, os.O_WRONLY | os.O_TMPFILE, 0o600)
    name = f"{path}/.look.{os.getpid()}.{threading.get_native_id()}"
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(name)
    return file


def writable(account: str, paths: list[str], but: list[str]) -> dict[str, dict[str, Any]]:
    """Whether an account can make files in these directories, and what of root's there it can't write to.

    Nothing of an account that is not there.  Files are at most one directory deeper, without names like those
    in ``but`` (``fnmatch``): of each its mode and its path.
    """

    def tried() -> dict[str, dict[str, Any]]:
        return {path: {"error": _unwritable(path), "held": list(_held(path, but))} for path in paths}

    try:
        pwd.getpwnam(account)
    except KeyError:
        return {}
    found: dict[str, dict[str, Any]] = as_account(account, tried)
    return found


def _held(path: str, but: list[str]) -> Iterator[tuple[str, str]]:
    for entry in _entries(path):
        if entry.is_dir(follow_symlinks=False):
            yield from (told for each in _entries(entry.path) if (told := _roots(each, but)))
        elif told := _roots(entry, but):
            yield told


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError:
        return []


def _roots(entry: os.DirEntry[str], but: list[str]) -> tuple[str, str] | None:
    """What is told of a plain file of root's that can't be written to; nothing of others."""
    try:
        seen = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    named = any(fnmatch.fnmatchcase(entry.name, name) for name in but)
    if not stat.S_ISREG(seen.st_mode) or seen.st_uid or named or os.access(entry.path, os.W_OK):
        return None
    return f"{stat.S_IMODE(seen.st_mode):o}", entry.path
