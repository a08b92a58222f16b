"""A line typed at a node's console, as somebody does whom its sshd lets not in."""

import os
import pty
import select
import subprocess

from harness.deadline import Deadline
from harness.state import checkout

LEAVE = b"\x1d"
WAKING, PATIENCE = 10.0, 30.0
"""Seconds for a prompt, and for the end of a command."""


def type_at(box: str, node: str, line: str) -> None:
    """Type it to root's shell there, and leave when it is done.

    What the console shows may come late, so nothing is made of its absence: whether the line did what it
    should is for the check that follows.
    """
    words = [checkout() / "icebox", "console", "--box", box, node]
    person, terminal = pty.openpty()
    with subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal) as console:
        os.close(terminal)
        try:
            _await(person, b"leaves", PATIENCE)
            # A first line wakes the shell. What is typed is shown as well: the sum is not in it.
            os.write(person, b"\r")
            _await(person, b"# ", WAKING)
            os.write(person, f"{line}; echo done-$((40 + 2))\r".encode())
            _await(person, b"done-42", PATIENCE)
            os.write(person, LEAVE)
            console.wait(PATIENCE)
        finally:
            console.kill()
            os.close(person)


def _await(person: int, wanted: bytes, seconds: float) -> None:
    seen, deadline = b"", Deadline(seconds)
    while wanted not in seen and not deadline.expired:
        if select.select([person], [], [], 1.0)[0]:
            seen += os.read(person, 4096)  # OSError when the console has ended
