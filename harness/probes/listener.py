"""A listener put on a node for a moment, to see that a port leads there."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable

from harness.access.shell import Shell
from harness.deadline import wait_for
from harness.dom0.talk import Answer
from harness.errors import WaitError

LIVES = 20
"""Seconds of a usual machine after which a listener ends of its own."""
_PROGRAM = """\
import socket, sys
port, word = int(sys.argv[1]), sys.argv[2]
with socket.create_server(("", port)) as server:
    with server.accept()[0] as client:
        client.settimeout(5)
        client.sendall(word.encode() + b"\\n")
        client.recv(1)
"""


def is_there(node: Shell, port: int) -> bool:
    """Whether anything listens there."""
    return bool(node.run(["ss", "-Htln", f"sport = :{port}"]).expect_success().stdout)


def unreached(node: Shell, port: int, ask: Callable[[float], Answer]) -> str:
    """What keeps ``ask`` from ``port`` of ``node``, where nothing else listens; empty if it gets there.

    ``ask`` shows the line that it is told there, and tries for so many seconds of a usual machine.
    """
    word = f"gridbox-{secrets.token_hex(8)}"
    command = ["timeout", f"{node.longer(LIVES):g}", "python3", "-c", _PROGRAM, str(port), word]
    thread = threading.Thread(target=node.run, args=(command,), name=f"listener-{port}")
    thread.start()
    try:
        # It takes a moment to start.
        answer = ask(LIVES / 2)
        if answer.why and _came_late(node, port, thread):
            answer = ask(LIVES / 4)
    finally:
        thread.join()
    if answer.why or answer.shown == [word]:
        return answer.why
    return f"expected our own listener's {word}, it said {' '.join(answer.shown)!r}"


def _came_late(node: Shell, port: int, thread: threading.Thread) -> bool:
    """Whether our own one is there by now; on a busy machine it may take longer than one has asked."""
    with contextlib.suppress(WaitError):
        wait_for(
            f"a listener at port {port} of {node}",
            lambda: is_there(node, port) or not thread.is_alive(),
            node.longer(LIVES),
        )
    return thread.is_alive()
