"""What the broker has done by a child of another process: it must not happen in the broker itself.

To load the libraries for it takes longer than to do it. So a process that has them loaded stays for a while,
with a child for each piece of work. It has one thread; a child of the broker's own would find others' locks.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

IDLE = 60.0
"""Seconds without work after which the process ends: it takes 14 MB."""
MODULE = "gridware.wms.broker.works"
_ENDING = 0.1
"""Seconds from its last word to its end."""
_CHUNK = 1 << 16

Work = Callable[[bytes], bytes]
"""What a child does with a question; the answer."""


class Children:
    """The process that has the children; started when it is first needed, and again if it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parent: subprocess.Popen[bytes] | None = None
        self._way: socket.socket | None = None

    def ask(self, work: bytes, question: bytes, seconds: float) -> bytes:
        """What a child says; nothing if it has died. Raises TimeoutError."""
        mine, its = socket.socketpair()
        with mine:
            with its:
                self._hand_over(work, its)
            mine.settimeout(seconds)
            try:
                mine.sendall(question)
                mine.shutdown(socket.SHUT_WR)
                return _all(mine)
            except TimeoutError:
                raise
            except OSError:
                return b""

    @property
    def up(self) -> bool:
        return self._parent is not None and self._parent.poll() is None

    def ended(self) -> bool:
        """Has the process ended, or is it about to?"""
        with suppress(subprocess.TimeoutExpired):
            return self._parent is None or self._parent.wait(_ENDING) is not None
        return False

    def close(self) -> None:
        """It ends once nobody can ask any more."""
        self._hang_up()
        if self._parent is not None:
            self._parent.wait()

    def _hand_over(self, work: bytes, end: socket.socket) -> None:
        with self._lock:
            way = self._started()
            # If it has died just now, whoever waits for the answer gets none.
            with suppress(OSError):
                socket.send_fds(way, [work], [end.fileno()])

    def _started(self) -> socket.socket:
        """The way to the process."""
        if self._way is not None and self.up:
            return self._way
        self._hang_up()
        self._way, its = socket.socketpair()
        with its:
            self._parent = subprocess.Popen([sys.executable, "-I", "-m", MODULE], stdin=its.fileno())
        # It ends by itself, and is taken leave of then, not when somebody asks again.
        threading.Thread(target=self._parent.wait, daemon=True, name="children").start()
        return self._way

    def _hang_up(self) -> None:
        if self._way is not None:
            self._way.close()


def serve(way: socket.socket, works: Mapping[bytes, Work]) -> None:
    """A child for each connection that is handed over; returns once there are none for IDLE seconds."""
    way.settimeout(IDLE)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What is there already is never collected: else each child would copy all of it.
    gc.freeze()
    while True:
        try:
            work, files, _flags, _address = socket.recv_fds(way, 1, 1)
        except TimeoutError:
            return
        if not files:  # the broker has ended
            return
        with socket.socket(fileno=files[0]) as asker:
            if os.fork() == 0:
                _live(asker, works, work)


def _live(asker: socket.socket, works: Mapping[bytes, Work], work: bytes) -> None:
    """A child's life: without the libraries' own good-byes at its end."""
    try:
        asker.sendall(works[work](_all(asker)))
    finally:
        os._exit(0)


def _all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(_CHUNK), b""))
