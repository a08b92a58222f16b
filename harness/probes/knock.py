"""Which TCP ports of an address take a connection, asked as anybody may: by connections, closed at once.

``taking`` has it done at a place, where this file is typed as ``python3 -c THIS TARGET SURE`` and prints the
ports.  Needs nothing there but Python; a scan without connections (``scan.py``) wants root.
"""

from __future__ import annotations

import errno
import select
import socket
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.dom0.place import Place

ALL_PORTS = range(1, 65536)
AT_ONCE = 900
"""Connections: a process may have 1024 files open (getrlimit(2), as Debian sets it)."""
PATIENCE = 0.5
"""Seconds for those that are asked together; a machine in the same room answers within milliseconds."""
LONGEST = 600.0
"""Seconds for all of it, which takes 40."""


def taking(place: Place, target: IPv4Address, sure: Collection[int]) -> set[int]:
    """All such ports of ``target``, asked from ``place``; silent ones of ``sure`` are asked again."""
    told = place.tell(Path(__file__), str(target), ",".join(map(str, sorted(sure))), timeout=LONGEST)
    return {int(port) for port in told.split()}


def asked(target: str, ports: Sequence[int]) -> set[int]:
    """Those of so many ports that take a connection."""
    poll, found = select.poll(), set[int]()
    waiting: dict[int, tuple[socket.socket, int]] = {}
    silent = 0
    try:
        for port in ports:
            made = socket.socket()
            waiting[made.fileno()] = made, port
            made.setblocking(False)
            if made.connect_ex((target, port)) in (0, errno.EINPROGRESS):
                poll.register(made, select.POLLOUT)
                silent += 1
        end = time.monotonic() + PATIENCE
        while silent and (left := end - time.monotonic()) > 0:
            for number, _ in poll.poll(left * 1000):
                poll.unregister(number)
                silent -= 1
                made, port = waiting[number]
                if made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    found.add(port)
    finally:
        for made, _ in waiting.values():
            made.close()
    return found


def main(target: str, sure: str) -> set[int]:
    found: set[int] = set()
    for first in range(0, len(ALL_PORTS), AT_ONCE):
        found |= asked(target, ALL_PORTS[first : first + AT_ONCE])
    silent = [int(port) for port in sure.split(",") if port and int(port) not in found]
    return found | asked(target, silent)


if __name__ == "__main__":
    print(*sorted(main(*sys.argv[1:])))
