"""A line typed at a node's console, as somebody does whom its sshd lets not in."""

from __future__ import annotations

import os
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
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as console:
        try:
            _await(console, b"leaves")
            # A first line wakes the shell. What is typed is shown as well: the sum is not in it.
            _say(console, b"\r")
            _await(console, b"# ", WAKING)
            _say(console, f"{line}; echo done-$((40 + 2))\r".encode())
            _await(console, b"done-42")
            _say(console, LEAVE)
            console.wait(PATIENCE)
        finally:
            console.kill()


def _say(console: subprocess.Popen[bytes], text: bytes) -> None:
    assert console.stdin is not None
    console.stdin.write(text)
    console.stdin.flush()


def _await(console: subprocess.Popen[bytes], wanted: bytes, seconds: float = PATIENCE) -> None:
    assert console.stdout is not None
    seen, deadline = b"", Deadline(seconds)
    while wanted not in seen and not deadline.expired:
        if select.select([console.stdout], [], [], 1.0)[0]:
            got = os.read(console.stdout.fileno(), 4096)
            if not got:
                raise EOFError(f"the console ended: {seen!r}")
            seen += got
