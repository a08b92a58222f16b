"""What this machine must offer before an embedded dom0 is made; asked before anything is."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

from harness.dom0 import cgroup
from harness.errors import HostError

PROGRAMS = {
    "libvirtd": "libvirt-daemon",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "ip": "iproute2",
    "nft": "nftables",
}
"""Programs that the embedded dom0 runs, and their Debian packages."""
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
"""How many inotify instances root may have on this host, all containers together."""
ENFORCING = Path("/sys/fs/selinux/enforce")
"""Has a 1 where SELinux enforces its policy (selinux(8))."""
PER_NODE = 5
"""Of these in a node (measured: 24 in a box of five)."""


def check() -> None:
    """Raises HostError that says what this machine lacks."""
    _check_programs()
    cgroup.check_host()
    _check_selinux()


def check_room(sharing: int) -> None:
    """Raises HostError if so many nodes more can't share this machine's kernel."""
    if sharing:
        _check_inotify(sharing * PER_NODE)


def _check_programs() -> None:
    missing = {name: package for name, package in PROGRAMS.items() if shutil.which(name) is None}
    drivers = list(Path("/usr/lib").glob("*/libvirt/connection-driver/libvirt_driver_lxc.so"))
    if not missing and not drivers:
        missing = {"libvirt's LXC driver": "libvirt-daemon-driver-lxc"}
    if missing:
        raise HostError(
            f"this machine lacks {', '.join(missing)}",
            where="PATH",
            why=f"they are in the Debian packages {', '.join(sorted(set(missing.values())))}",
            remedy="run ./icebox setup",
        )


def _check_selinux() -> None:
    """AppArmor is no obstacle (``harness.dom0.apparmor``)."""
    if ENFORCING.exists() and ENFORCING.read_text().strip() == "1":
        raise HostError(
            "SELinux enforces its policy on this machine",
            where=str(ENFORCING),
            why="that has no rules for nodes, which boot from layers of the box's own",
            remedy="`setenforce 0`, and SELINUX=permissive in /etc/selinux/config for boots to come",
        )


def _check_inotify(needed: int) -> None:
    """Without them a node's systemd comes up deaf and its services never start, and no log says why."""
    if _are_to_be_had(needed):
        return
    limit, used = int(INOTIFY.read_text()), _inotify_in_use()
    if used + needed > limit:
        raise HostError(
            f"too few inotify instances are left for a box: {limit - used}, and it needs {needed}",
            where=str(INOTIFY),
            why=f"this host allows {limit}, and {used} are in use by the boxes and programs that run",
            remedy="stop a box, or sysctl -w fs.inotify.max_user_instances=1024",
        )


def _are_to_be_had(instances: int) -> bool:
    """Whether the kernel gives this process so many now.

    To count those in use takes 20 ms of a processor where some boxes are up.
    """
    libc, held = ctypes.CDLL(None), list[int]()
    try:
        while len(held) < instances and (number := libc.inotify_init1(os.O_CLOEXEC)) >= 0:
            held.append(number)
        return len(held) == instances
    finally:
        for number in held:
            os.close(number)


def _inotify_in_use() -> int:
    # Names, not Paths: each box has some thousand open files, and every start looks at those of all.
    return sum(_inotify_among(f"/proc/{name}/fd") for name in os.listdir("/proc") if name.isdigit())


def _inotify_among(directory: str) -> int:
    """How many of a process's open files are inotify instances; none if it has ended."""
    try:
        names = os.listdir(directory)
    except OSError:
        return 0
    return sum(_is_inotify(f"{directory}/{name}") for name in names)


def _is_inotify(link: str | Path) -> bool:
    try:
        return os.readlink(link) == "anon_inode:inotify"
    except OSError:
        return False
