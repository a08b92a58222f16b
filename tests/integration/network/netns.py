"""Throw-away network namespaces of the test process: gone when it ends, however it ends.

A namespace is held by a file descriptor alone, and a socket stays in the namespace it was made in; so servers
and clients of several "machines" are plain threads of one process.
"""

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Self, TypeVar

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _in_thread(function: Callable[[], T]) -> T:
    """Run in a thread of its own: a namespace belongs to a thread, not to the process."""
    outcome: list[T | BaseException] = []

    def target() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    (seen,) = outcome
    if isinstance(seen, BaseException):
        raise seen
    return seen


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


class Namespace:
    """One network namespace, with loopback up; a context manager."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._fd = _in_thread(self._make)
        self.path = f"/proc/{os.getpid()}/fd/{self._fd}"
        self.ip("link set lo up")

    @staticmethod
    def _make() -> int:
        _check(_libc.unshare(_CLONE_NEWNET), "unshare")
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def inside(self, function: Callable[[], T]) -> T:
        """Call ``function`` in a thread that is in this namespace."""

        def call() -> T:
            _check(_libc.setns(self._fd, _CLONE_NEWNET), "setns")
            return function()

        return _in_thread(call)

    def socket(self, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        return self.inside(lambda: socket.socket(socket.AF_INET, kind))

    def connect(self, host: str, port: int, seconds: float = 2.0) -> "socket.socket":
        """A TCP connection opened from here."""
        made = self.socket()
        made.settimeout(seconds)
        try:
            made.connect((host, port))
        except OSError:
            made.close()
            raise
        return made

    def command(self, *words: str) -> list[str]:
        """The command line that runs ``words`` in here."""
        return ["nsenter", f"--net={self.path}", *words]

    def run(self, *words: str, stdin: str = "", seconds: float = 20) -> str:
        """Run a command in here; its output.  Raises AssertionError with what it said if it fails."""
        command = self.command(*words)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=seconds)
        assert done.returncode == 0, (
            f"{self.name}: {' '.join(words)}: rc {done.returncode}: {done.stderr}{stdin}"
        )
        return done.stdout

    def ip(self, words: str) -> str:
        return self.run("ip", *words.split())

    def nft(self, ruleset: str) -> None:
        self.run("nft", "-f", "-", stdin=ruleset)

    def sysctl(self, file: PurePosixPath, value: str) -> None:
        def write() -> None:
            with open(file, "w") as setting:
                setting.write(value)

        self.inside(write)


def cable(one: Namespace, port: str, other: Namespace, other_port: str) -> None:
    """A pair of interfaces, one in each namespace, both up."""
    one.run("ip", "link", "add", port, "type", "veth", "peer", "name", other_port, "netns", other.path)
    one.ip(f"link set {port} up")
    other.ip(f"link set {other_port} up")
