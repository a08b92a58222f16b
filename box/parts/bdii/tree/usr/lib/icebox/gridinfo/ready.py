"""A port that opens once this node's records are complete: whoever waits for it meets no half-filled BDII."""

import socket
import threading
import time

GRACE = 20.0
"""Seconds after which it opens all the same: a node whose neighbours are down is in service, too."""
_TIMEOUT = 0.5


class Ready:
    """The port ``port``, shut until ``look`` is told that all is there."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._latest = time.monotonic() + GRACE
        self.open = False

    def look(self, complete: bool) -> None:
        if not self.open and (complete or time.monotonic() > self._latest):
            self.open = True
            server = socket.create_server(("", self._port))
            threading.Thread(target=_greet, args=(server,), daemon=True).start()


def _greet(server: socket.socket) -> None:
    """Take connections and close them: one that nobody takes would block those after it."""
    while True:
        server.accept()[0].close()


def is_ready(host: str, port: int) -> bool:
    """Whether the records of ``host`` are complete."""
    try:
        socket.create_connection((host, port), _TIMEOUT).close()
    except OSError:
        return False
    return True
