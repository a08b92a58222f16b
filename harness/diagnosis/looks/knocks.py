"""A look at which ports others open: each is knocked at, and nobody there has to come to the door.

A connection that came about would have daemons start a process for it, and log it: a hundred of these are
what a look would cost most.  So the SYN is the kernel's own, by its routes, its rules and its account, and
what answers it is heard; but the connection's socket is deaf to it, and is closed without having said more.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import pwd
import select
import socket
import struct
import time
from collections.abc import Iterator

from harness.diagnosis.looks.beside import CONNECTING, SLOWER

ATTACH_FILTER = 26
"""SO_ATTACH_FILTER (socket(7)); Python has no name for it."""
FLAGS, RST, SYN_ACK = 13, 0x04, 0x12
"""Where a TCP header has its flags, and some of these (RFC 9293, 3.1)."""
LOAD, LOAD_AFTER, LENGTH, AND, EQUAL, ANY_OF, GIVE = 0x30, 0x50, 0xB1, 0x54, 0x15, 0x45, 0x06
"""ldb [k], ldb [x + k], ldxb 4*([k]&0xf), and k, jeq k, jset k and ret k of a classic BPF program."""
ALL = 0xFFFF
DEAF = ((LOAD, 0, 0, FLAGS), (ANY_OF, 0, 1, RST), (GIVE, 0, 0, ALL), (GIVE, 0, 0, 0))
"""What a connection's socket hears: that it is refused, and nothing else."""
HEARS = (
    *((LENGTH, 0, 0, 0), (LOAD_AFTER, 0, 0, FLAGS), (AND, 0, 0, SYN_ACK)),
    *((EQUAL, 0, 1, SYN_ACK), (GIVE, 0, 0, ALL), (GIVE, 0, 0, 0)),
)
"""What is heard beside it, with the header of IP before that of TCP: that a SYN was answered."""
Place = tuple[str, int]


def reach(places: list[Place], user: str = "") -> dict[str, str]:
    """Why each port of an IPv4 address would give no connection; empty if it would.

    With a user, packets are his: rules of routing (``uidrange``) and packet filters may go by that.
    """
    number = pwd.getpwnam(user).pw_uid if user else 0
    found: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        ear = stack.enter_context(_ear())
        waiting: dict[int, tuple[Place, socket.socket]] = {}
        with _sockets_of(number):
            for host, port in places:
                sock = stack.enter_context(socket.socket())
                _attach(sock, DEAF)
                waiting[sock.fileno()] = (host, port), sock
        for file, ((host, port), sock) in list(waiting.items()):
            sock.setblocking(False)
            code = sock.connect_ex((host, port))
            if code != errno.EINPROGRESS:
                found[f"{host}:{port}"] = _why(code)
                del waiting[file]
        found |= _answers(ear, waiting, time.monotonic() + CONNECTING * SLOWER[0])
    return {f"{host}:{port}": found.get(f"{host}:{port}", "no answer") for host, port in places}


def _answers(
    ear: socket.socket, waiting: dict[int, tuple[Place, socket.socket]], end: float
) -> dict[str, str]:
    """What came of each, as far as anything has until then."""
    found: dict[str, str] = {}
    poll = select.poll()
    poll.register(ear, select.POLLIN)
    own = {}
    for file, (place, sock) in waiting.items():
        poll.register(file, 0)  # errors are told in any case
        own[(*place, sock.getsockname()[1])] = file
    while waiting and (left := end - time.monotonic()) > 0:
        for file, _ in poll.poll(left * 1000):
            done = {own.get(each): "" for each in _answered(ear)} if file == ear.fileno() else {file: None}
            for each, why in done.items():
                if each in waiting:
                    (host, port), sock = waiting.pop(each)
                    poll.unregister(each)
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    found[f"{host}:{port}"] = _why(code) if why is None else why
                    sock.close()  # or the SYN is sent again
    return found


def _answered(ear: socket.socket) -> Iterator[tuple[str, int, int]]:
    """Address and port that answered, and the port here, by each packet that was heard."""
    with contextlib.suppress(BlockingIOError):
        while True:
            packet = ear.recv(ALL)
            begin = (packet[0] & 15) * 4
            theirs, ours = struct.unpack("!HH", packet[begin : begin + 4])
            yield socket.inet_ntoa(packet[12:16]), theirs, ours


def _ear() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    _attach(sock, HEARS)
    sock.setblocking(False)
    return sock


def _attach(sock: socket.socket, program: tuple[tuple[int, int, int, int], ...]) -> None:
    """Let a socket hear only what a program of classic BPF gives it (``struct sock_fprog``)."""
    lines = b"".join(struct.pack("=HBBI", *line) for line in program)
    text = ctypes.create_string_buffer(lines, len(lines))
    sock.setsockopt(
        socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(text))
    )


@contextlib.contextmanager
def _sockets_of(number: int) -> Iterator[None]:
    """Sockets that this thread makes, and no other one, are an account's (setfsuid(2), by its number)."""
    own = os.getuid()
    if number != own:
        ctypes.CDLL(None).setfsuid(number)
    try:
        yield
    finally:
        if number != own:
            ctypes.CDLL(None).setfsuid(own)


def _why(code: int) -> str:
    return os.strerror(code).lower() if code else ""
