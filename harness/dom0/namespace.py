"""Reaching into the namespaces of a process: commands through nsenter, sockets through setns(2)."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.dom0 import talk
from harness.dom0.place import Ended, Place
from harness.dom0.talk import Answer, Target

CLONE_NEWNET = 0x40000000
T = TypeVar("T")


def in_network_of(pid: int, action: Callable[[], T]) -> T:
    """Call ``action`` in a thread that has joined the network namespace of ``pid``.

    Network namespaces belong to threads, so nothing else of this process is moved; a socket made there
    stays there and can be used from anywhere.
    """
    box: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            handle = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"can't join the network of process {pid}")
            finally:
                os.close(handle)
            box.append(action())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=work, name=f"in-network-of-{pid}")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return box[0]


def entering(pid: int, command: Sequence[str]) -> list[str]:
    """``command`` in the namespaces and the root directory of a process."""
    # Root and working directory, too: to enter a mount namespace leaves the chroot icebox may run in.  "All"
    # leaves out a user namespace that is the caller's own, which nobody may enter again.
    return ["nsenter", "-t", str(pid), "-a", "-r", "-w", "--", *command]


@dataclass(frozen=True)
class Namespace(Place):
    """The place made by the namespaces and the root directory of this machine's process ``pid``."""

    name: str
    pid: int

    def words(self, command: Sequence[str]) -> list[str]:
        return entering(self.pid, command)

    def open_socket(self, host: str, port: int, timeout: float = 10.0) -> socket.socket:
        seconds = self.longer(timeout)
        return in_network_of(self.pid, lambda: socket.create_connection((host, port), seconds))

    def _spoken(
        self, targets: Sequence[Target], each: float, until: float, connecting: float
    ) -> list[Answer]:
        # Threads that a thread makes are in its network.
        return in_network_of(self.pid, lambda: talk.speak(targets, each, until, connecting))


@dataclass(frozen=True)
class Beside(Namespace):
    """The same place, which is as fast as another one of its machine."""

    host: Place

    @property
    def pace(self) -> float:
        return self.host.pace


JOIN = ("sh", "-c", 'echo $$ > "$0" && exec "$@"')
"""Before the file through which a process joins a control group, and before a command."""


@dataclass(frozen=True)
class Joining(Beside):
    """The same place; commands there begin by joining a control group, through the file ``entrance``."""

    entrance: str

    def words(self, command: Sequence[str]) -> list[str]:
        return [*JOIN, self.entrance, *super().words(command)]


@dataclass(frozen=True)
class Inside(Place):
    """The place made by the namespaces of a process of another place, which numbers it ``pid``."""

    name: str
    host: Place
    pid: int

    def words(self, command: Sequence[str]) -> list[str]:
        return self.host.words(entering(self.pid, command))

    @property
    def pace(self) -> float:
        return self.host.pace

    def bounded(self, command: Sequence[str], seconds: float) -> list[str]:
        return self.host.bounded(command, seconds)

    def judged(self, ended: Ended) -> Ended:
        return self.host.judged(ended)
