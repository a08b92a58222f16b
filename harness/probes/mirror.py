"""A listener that tells everyone by which address it sees them, put at a place for a while.

Typed there as ``python3 -c THIS ADDRESS``: prints the port, and ends when its standard input does.  Needs
nothing but Python.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.dom0.place import Place


@contextmanager
def at(place: Place, address: str) -> Iterator[int]:
    """Its port, while it listens at an address of a place."""
    words = place.words(place.python(Path(__file__), address))
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        yield int(program.stdout.readline())
        program.stdin.close()


def main(address: str) -> None:
    with socket.create_server((address, 0)) as server:
        print(server.getsockname()[1], flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            client, (seen, _) = server.accept()
            with client, suppress(OSError):
                client.sendall(f"{seen}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
