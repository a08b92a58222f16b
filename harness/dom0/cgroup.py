"""Control groups of a box on this host: one of a name nobody else has, in each tree that is mounted.

libvirt puts its machines below it (a "partition" in its words); the dom0's processes are in ``dom0`` there.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path

from harness.deadline import wait_for
from harness.errors import HostError

ROOT = Path("/sys/fs/cgroup")
NAME = re.compile(r"icebox-[a-z0-9]+\.[0-9a-f]{16}")
DOM0 = "dom0"
FREEZE = "cgroup.freeze"
NEEDED = "memory"
"""The controller that libvirt's LXC driver does not do without."""
WANTED = (NEEDED, "cpu", "cpuset", "io", "pids")
"""Controllers that libvirt uses where it finds them."""
EMPTYING = 60.0
"""Seconds until killed processes have left their groups of one tree; milliseconds on an idle machine."""
STANDING_STILL = 20.0
"""Seconds until all processes of a box stand still, each at the end of its system call; 10 ms on an idle
machine."""


def unified() -> Path:
    """Mount point of the v2 tree: the root itself, or ``unified`` on a hybrid host.

    Raises HostError on a host with v1 alone, where no node's systemd can keep its books.
    """
    for path in (ROOT, ROOT / "unified"):
        if (path / "cgroup.controllers").exists():
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


def check_host() -> None:
    """Raises HostError where nodes can't have control groups."""
    if unified() == ROOT:
        offered = (ROOT / "cgroup.controllers").read_text().split()
    else:
        offered = [name for tree in trees() for name in tree.name.split(",")]
    if NEEDED not in offered:
        raise HostError(
            f"no mounted cgroup tree has the controller {NEEDED!r}",
            where=str(ROOT),
            why=f"there are: {', '.join(offered) or 'none'}",
            remedy="mount the tree it belongs to, or boot without cgroup_disable and with one kind of tree",
        )


def create(name: str) -> None:
    """Make the groups of a box."""
    if unified() == ROOT:
        _hand_down(ROOT)
    for tree in trees():
        group = tree / name
        group.mkdir(exist_ok=True)
        # A v1 group takes no process before it has processors and memory.
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if tree != unified() and (tree / setting).exists():
                (group / setting).write_text((tree / setting).read_text())
    if unified() == ROOT:
        # libvirt makes no machine if the group that it runs in itself has no memory controller.
        _hand_down(ROOT / name)
    (unified() / name / DOM0).mkdir(exist_ok=True)


def _hand_down(group: Path) -> None:
    """Let groups directly below ``group`` have what libvirt uses, as systemd does on its hosts."""
    offered = (group / "cgroup.controllers").read_text().split()
    handed = (group / "cgroup.subtree_control").read_text().split()
    for controller in WANTED:
        if controller in offered and controller not in handed:
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def entrance(name: str) -> Path:
    """The file to which a process writes its number to be one of the dom0's own."""
    return unified() / name / DOM0 / "cgroup.procs"


def freeze(name: str) -> None:
    """Have all processes of a box stand still, and wait until they do.

    Raises HostError or WaitError; then they go on.  Source: the kernel's admin-guide/cgroup-v2.
    """
    group = unified() / name
    if not (group / FREEZE).exists():
        raise HostError(
            "this kernel can't have the processes of a box stand still",
            where=str(group / FREEZE),
            why="Linux has it since 5.2",
        )
    try:
        (group / FREEZE).write_text("1")
        events = group / "cgroup.events"
        wait_for(
            "all processes of the box to stand still",
            lambda: "frozen 1" in events.read_text(),
            STANDING_STILL,
            where=str(group),
            pause=0.002,
        )
    except BaseException:
        thaw(name)
        raise


def thaw(name: str) -> None:
    """Let them go on; groups that are gone are no error."""
    with contextlib.suppress(FileNotFoundError):
        (unified() / name / FREEZE).write_text("0")


def is_frozen(name: str) -> bool:
    """Whether they stand still, or are told to."""
    with contextlib.suppress(FileNotFoundError):
        return (unified() / name / FREEZE).read_text().strip() == "1"
    return False


def remove(name: str) -> None:
    """End what is still in the groups of a box and remove them; a name that is no box's is left alone."""
    if not NAME.fullmatch(name):
        return
    for tree in trees():
        group = tree / name
        wait_for(
            f"the control group {group} to be empty",
            lambda group=group: _removed(group),  # type: ignore[misc]
            EMPTYING,
            pause=0.01,
        )


def _removed(top: Path) -> bool:
    """Kill what is in a tree of groups and try to remove it."""
    for directory, _, _ in os.walk(top, topdown=False):
        _kill_all(Path(directory))
        # Busy for a moment after its last process was killed.
        with contextlib.suppress(OSError):
            os.rmdir(directory)
    return not top.exists()


def _kill_all(group: Path) -> None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        for pid in (group / "cgroup.procs").read_text().split():
            # 0 is a process of another namespace, which can't be told from here.
            if int(pid) not in (0, os.getpid()):
                os.kill(int(pid), signal.SIGKILL)
