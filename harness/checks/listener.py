"""A listener put on a node for a moment, to see that a port leads there."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from harness.access.shell import Shell
from harness.checks.reply import BadReply, read_line
from harness.deadline import Deadline

LIVES = 20
"""Seconds after which a listener ends of its own."""
PAUSE = 0.1
_PROGRAM = """\
import socket, sys
port, word = int(sys.argv[1]), sys.argv[2]
with socket.create_server(("", port)) as server:
    while True:
        with server.accept()[0] as client:
            client.settimeout(5)
            try:
                client.sendall(word.encode() + b"\\n")
                if client.recv(4) == b"end\\n":
                    break
            except OSError:
                pass
"""


def reaches(node: Shell, port: int, dial: Callable[[], socket.socket]) -> None:
    """See that ``dial`` leads to ``port`` of ``node``, where nothing else listens.

    Raises BadReply if something else answers, OSError if nothing does.
    """
    word = f"gridbox-{secrets.token_hex(8)}"
    command = ["timeout", str(LIVES), "python3", "-c", _PROGRAM, str(port), word]
    thread = threading.Thread(target=node.run, args=(command,), name=f"listener-{port}")
    thread.start()
    try:
        _await_word(word, dial)
    finally:
        with suppress(OSError), dial() as connection:
            connection.sendall(b"end\n")
        thread.join()


def _await_word(word: str, dial: Callable[[], socket.socket]) -> None:
    deadline = Deadline(LIVES / 2)
    while True:
        try:
            with dial() as connection:
                seen = read_line(connection)
            break
        except ConnectionRefusedError:
            # It takes a moment to start.
            if deadline.expired:
                raise
        threading.Event().wait(PAUSE)
    if seen != word:
        raise BadReply(f"our own listener's {word}", seen.encode())
