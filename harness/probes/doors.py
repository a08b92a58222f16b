"""What somebody who became root on a node would try first, to get at the host.

Typed into ``python3 -`` there.  Prints a line for each try: ``refused`` or ``open``, what it was, and why.
Each is a look that changes nothing: it opens for writing and closes, mounts in a namespace that ends with it,
or makes a device that it removes.  ``able`` are tries that must go well, since where nothing goes at all a
refusal shows nothing.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Callable
from functools import partial

NEW_MOUNTS, NEW_USER, PRIVATE, BIND_AGAIN = 0x00020000, 0x10000000, 0x44000, 0x1020
NETLINK, PACKET, CRYPTO, VSOCK, NETFILTER = 16, 17, 38, 40, 12
CALLS = {
    "load a kernel module": 175,
    "start another kernel": 246,
    "read the kernel's log": 103,
    "load a BPF program": 321,
    "count events of the processor": 298,
    "use io_uring": 425,
    "use the kernel's keys": 250,
    "switch swap off": 168,
    "open files by handle": 304,
}
"""System calls of x86-64 by number; each gets arguments that do nothing."""
SOCKETS = {
    "send raw frames": (PACKET, socket.SOCK_RAW, 0),
    "use the kernel's ciphers": (CRYPTO, 5, 0),
    "speak with the hypervisor": (VSOCK, socket.SOCK_STREAM, 0),
    "change packet filters": (NETLINK, socket.SOCK_RAW, NETFILTER),
}
SETTINGS = ("kernel/core_pattern", "kernel/modprobe", "kernel/panic", "vm/drop_caches", "fs/file-max")
"""Below /proc/sys: the host's own; the first two name programs that the kernel runs as the host's root."""
FILES = (
    "/proc/sysrq-trigger",
    "/proc/irq/default_smp_affinity",
    "/sys/power/state",
    "/sys/kernel/mm/ksm/run",
)
SYSTEMS = ("devtmpfs", "debugfs", "tracefs", "securityfs", "configfs", "bpf")
"""File systems that show the host's devices and the kernel's inside."""
DISK = (8, 0)
REFUSALS = {
    *(errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENODEV, errno.ENOSYS),
    *(errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT),
}
"""Who reads another error got through, and was told of a mistake in what he asked."""
WORKPLACE = f"/run/doors.{os.getpid()}"
"""Of this process alone: groups are tried side by side."""

Tries = dict[str, Callable[[], object]]

_libc = ctypes.CDLL(None, use_errno=True)


def check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(kind: str, flags: int = 0, options: str = "") -> None:
    check(_libc.mount(b"none", WORKPLACE.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()))


def write_to(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY))


def write_setting(name: str) -> None:
    """After the one thing in the way that a node's root can take away: it is mounted for reading alone."""
    _libc.mount(b"", b"/proc/sys", b"", ctypes.c_ulong(BIND_AGAIN), b"")
    write_to(f"/proc/sys/{name}")


def make_disk() -> None:
    path = f"{WORKPLACE}/disk"
    os.mknod(path, 0o060600, os.makedev(*DISK))
    os.unlink(path)


def mount_groups(kind: str) -> None:
    """The control groups of the host's tree that say which devices a node may use."""
    mount("cgroup", 0, kind)
    for name in ("devices.allow", "release_agent"):
        if os.path.exists(f"{WORKPLACE}/{name}"):
            write_to(f"{WORKPLACE}/{name}")
            return
    raise FileNotFoundError(errno.ENOENT, "it has none")


def call(number: int, argument: int = -1) -> None:
    check(_libc.syscall(number, argument, 0, 0, 0, 0))


def open_socket(*words: int) -> None:
    socket.socket(*words).close()


def make_pipe() -> None:
    os.mkfifo(f"{WORKPLACE}/pipe")
    os.unlink(f"{WORKPLACE}/pipe")


def calls() -> Tries:
    """What no process of a node may ask of the kernel."""
    tries: Tries = {what: partial(call, number) for what, number in CALLS.items()}
    tries |= {what: partial(open_socket, *words) for what, words in SOCKETS.items()}
    tries["make a user namespace"] = lambda: check(_libc.unshare(NEW_USER))
    tries["make a device of the host's disk"] = make_disk
    return tries


def host() -> Tries:
    """What is the host's, by whichever way."""
    tries: Tries = {f"write /proc/sys/{name}": partial(write_setting, name) for name in SETTINGS}
    tries |= {f"write {name}": partial(write_to, name) for name in FILES}
    tries |= {f"mount {kind}": partial(mount, kind) for kind in SYSTEMS}
    tries["change which devices there are"] = lambda: mount_groups("devices")
    return tries


def able() -> Tries:
    """What root of a node can do, and must for the others to mean anything."""
    mounting = {"mount a file system in memory": partial(mount, "tmpfs")}
    return {**mounting, "open a socket": open_socket, "make a pipe": make_pipe}


def attempt(action: Callable[[], object]) -> str:
    """Try it in a process and a mount namespace of its own: what refused it, or nothing."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            check(_libc.unshare(NEW_MOUNTS))
            check(_libc.mount(b"none", b"/", b"", ctypes.c_ulong(PRIVATE), b""))
            action()
        except OSError as error:
            if error.errno in REFUSALS:
                os.write(writing, str(error.strerror).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading) as file:
        why = file.read()
    os.wait()
    return why


def main(group: str) -> None:
    os.makedirs(WORKPLACE, exist_ok=True)
    for what, action in {"calls": calls, "host": host, "able": able}[group]().items():
        why = attempt(action)
        print("refused" if why else "open", what, why, sep="\t")
    os.rmdir(WORKPLACE)


if __name__ == "__main__":
    main(*sys.argv[1:])
