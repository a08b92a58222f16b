"""Control groups of a box on this host, removed when the box is gone."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from harness.errors import HostError

ROOT = Path("/sys/fs/cgroup")
MACHINE = "machine"
"""Where libvirt puts its machines when no systemd does it."""


def unified() -> Path:
    """Mount point of the v2 tree: the root itself, or ``unified`` on a hybrid host.

    Raises HostError on a host with v1 alone, where no node's systemd can keep its books.
    """
    for path in (ROOT, ROOT / "unified"):
        if (path / "cgroup.procs").exists() and (path / "cgroup.controllers").exists():
            return path
    raise HostError(
        "this host has no cgroup v2 tree",
        where=str(ROOT),
        why="nodes boot systemd, which needs one (alone, or hybrid beside v1)",
        remedy="mkdir /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified",
    )


def trees() -> list[Path]:
    """Every mounted hierarchy: one on a v2 host, several on hybrid ones."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [path for path in ROOT.iterdir() if (path / "cgroup.procs").exists() and not path.is_symlink()]


def own(box: str) -> Path:
    return unified() / f"icebox-{box}"


def had_machine() -> bool:
    return any((tree / MACHINE).exists() for tree in trees())


def remove(box: str, *, machine: bool, seconds: float = 5.0) -> None:
    """Remove the groups of ``box``; with ``machine`` also libvirt's parent group, if nobody is in it."""
    for group in _groups(box):
        _remove_tree(group, seconds)
    if machine:
        for tree in trees():
            with contextlib.suppress(OSError):
                (tree / MACHINE).rmdir()


def _groups(box: str) -> Iterator[Path]:
    for tree in trees():
        yield tree / f"icebox-{box}"
        # The name libvirt makes of the domain BOX.NODE.
        yield from (tree / MACHINE).glob(f"lxc-*-{box}.*")


def _remove_tree(top: Path, seconds: float) -> None:
    """Remove a tree of empty groups; a group is busy for a moment after its last process was killed."""
    if not top.exists():
        return
    end = time.monotonic() + seconds
    for directory, _, _ in os.walk(top, topdown=False):
        while True:
            try:
                os.rmdir(directory)
                break
            except FileNotFoundError:
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
