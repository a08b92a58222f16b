"""Which of many TCP ports accept a connection now; all are asked at once.

Typed at a place as ``python3 -c THIS SECONDS HOST:PORT …``: prints those that accept within so many seconds.
Needs nothing but Python.
"""

from __future__ import annotations

import errno
import select
import socket
import sys
import time
from collections.abc import Iterable

Door = tuple[str, int]
"""Address and port."""


def accepting(doors: Iterable[Door], seconds: float) -> set[Door]:
    """Those of ``doors`` that accept a connection from this machine within so many seconds."""
    pending: dict[int, tuple[socket.socket, Door]] = {}
    poll = select.poll()
    for door in doors:
        client = socket.socket()
        client.setblocking(False)
        if client.connect_ex(door) in (0, errno.EINPROGRESS):
            pending[client.fileno()] = client, door
            poll.register(client, select.POLLOUT)
        else:
            client.close()
    found: set[Door] = set()
    end = time.monotonic() + seconds
    while pending and (left := end - time.monotonic()) > 0:
        for number, _ in poll.poll(left * 1000):
            client, which = pending.pop(number)
            poll.unregister(number)
            if client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.add(which)
            client.close()
    for client, _ in pending.values():
        client.close()
    return found


def spelled(door: Door) -> str:
    return f"{door[0]}:{door[1]}"


def read(word: str) -> Door:
    host, _, port = word.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    print("\n".join(map(spelled, accepting(map(read, sys.argv[2:]), float(sys.argv[1])))))
