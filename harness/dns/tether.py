"""Connections of one piece of work that end with it, whatever still waits on them in a thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.dns.provider import Change, Connect, Sending


class Tether:
    """A context manager: once it is left, what it connected is cut, and nothing more is connected or sent.

    So a provider that was given up can't publish names after they were withdrawn.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._lines: list[socket.socket] | None = []
        """Second handles, since TLS takes the first away; None once all are cut."""

    def connect(self, host: str, port: int) -> socket.socket:
        """As the connector it was made of; raises OSError once it was left."""
        self._check()
        made = self._connect(host, port)
        with self._lock:
            if self._lines is not None:
                self._lines.append(made.dup())
                return made
        made.close()
        raise self._given_up()

    def sending(self, then: Sending) -> Sending:
        """A hook for providers that calls ``then``; it raises OSError once the tether was left."""

        def hook(changes: Sequence[Change]) -> None:
            self._check()
            then(changes)

        return hook

    def __enter__(self) -> Tether:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            lines, self._lines = self._lines or [], None
        for line in lines:
            with contextlib.suppress(OSError):  # its other end was first
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _check(self) -> None:
        with self._lock:
            if self._lines is None:
                raise self._given_up()

    @staticmethod
    def _given_up() -> OSError:
        return OSError("it took too long, and was given up")
