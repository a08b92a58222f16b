"""A port that opens once this node's records are complete: whoever waits for it meets no half-filled BDII.

Whoever connects is told a word that differs whenever the records do, so that nobody reads them for nothing.
"""

import socket
import threading
import time
from contextlib import suppress

from gridware.pace import longer

GRACE = 20.0
"""Seconds after which it opens all the same: a node whose neighbours are down is in service, too."""
_TIMEOUT = 0.5
_LONGEST = 100
"""Bytes of a word, at most."""


class Ready:
    """The port ``port``, shut until ``look`` is told that all is there."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._latest = time.monotonic() + longer(GRACE)
        self.open = False
        self._word = ""

    def look(self, complete: bool, word: str) -> None:
        """Tell ``word`` from now on, once the records are ``complete``."""
        self._word = word
        if not self.open and (complete or time.monotonic() > self._latest):
            self.open = True
            server = socket.create_server(("", self._port))
            threading.Thread(target=self._greet, args=(server,), daemon=True).start()

    def _greet(self, server: socket.socket) -> None:
        """Take connections, say the word and close them: one that nobody takes would block those after it."""
        while True:
            # Whoever only looks whether it is open may be gone already.
            with server.accept()[0] as asking, suppress(OSError):
                asking.sendall(self._word.encode())


def ask(host: str, port: int) -> str:
    """The word for the records of ``host``; empty if they are not complete."""
    try:
        with socket.create_connection((host, port), longer(_TIMEOUT)) as asked:
            return asked.recv(_LONGEST).decode("ascii", "replace")
    except OSError:
        return ""


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), longer(_TIMEOUT)).close()
    except OSError:
        return False
    return True
