"""A person at the console of a machine, through libvirt's stream."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from collections.abc import Iterator

import libvirt

from harness.deadline import within
from harness.errors import SilentError
from harness.virt.connection import Hypervisor

LEAVE = b"\x1d"
"""Ctrl-], as in virsh and telnet."""
POLL = 0.02
"""Seconds between looks at the stream, which has no descriptor of its own."""
ENDING = 5.0
"""Seconds for the end of the stream."""
_NOTHING_YET = -2
"""What a non-blocking stream answers while it has nothing (virStreamRecv)."""


def converse(hypervisor: Hypervisor, name: str) -> None:
    """Connect this terminal to the console of ``name`` until Ctrl-] or the end of the machine."""
    stream = hypervisor.console(name)
    print(f"Connected to {name}; Ctrl-] leaves.", file=sys.stderr)
    try:
        with _raw(sys.stdin.fileno()):
            _relay(stream, sys.stdin.fileno(), sys.stdout.fileno())
    finally:
        with contextlib.suppress(libvirt.libvirtError, SilentError):
            within(ENDING, "libvirtd to end the stream", lambda: stream.abort())


@contextlib.contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _relay(stream: libvirt.virStream, keyboard: int, screen: int) -> None:
    open_keyboard = True
    while True:
        data = stream.recv(4096)
        if data == b"":
            return
        if data != _NOTHING_YET:
            os.write(screen, data)
            continue
        readable, _, _ = select.select([keyboard] if open_keyboard else [], [], [], POLL)
        if readable:
            typed = os.read(keyboard, 4096)
            if LEAVE in typed:
                return
            open_keyboard = bool(typed)
            if typed:
                stream.send(typed)
