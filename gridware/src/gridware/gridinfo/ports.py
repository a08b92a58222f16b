"""Which TCP ports this node listens on: read from the kernel, so nobody is disturbed.

The kernel is asked for its listening sockets alone (sock_diag(7)), which costs microseconds.  /proc/net/tcp
is its table of all connections: to walk through that takes milliseconds, even where it is empty.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_SOCK_DIAG = 4
"""NETLINK_SOCK_DIAG, which Python's socket module does not name."""
_BY_FAMILY, _ERROR, _DONE = 20, 2, 3
"""Types of messages: SOCK_DIAG_BY_FAMILY, NLMSG_ERROR, NLMSG_DONE."""
_REQUEST_DUMP = 0x301
"""NLM_F_REQUEST and NLM_F_DUMP: all that fit, not one."""
_LISTEN = 1 << 10
"""TCP_LISTEN among the states."""
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBBxI48x")
"""struct inet_diag_req_v2: family, protocol, extensions, states, and a socket's id that is left open."""
_PORT = struct.Struct("!4xH")
"""Start of struct inet_diag_msg: family, state, timer, retransmissions, and then the socket's own port."""
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTEN_ROW = "0A"
"""TCP_LISTEN in a row of these."""
_ROOM = 1 << 16
_SECONDS = 5.0


def listening() -> set[int]:
    """Ports at which something accepts connections."""
    try:
        return _told()
    except OSError:  # a kernel without the module inet_diag, on a host that loads none
        return {port for path in _TABLES if path.exists() for port in parse(path.read_text())}


def parse(table: str) -> set[int]:
    """Listening ports in a table such as /proc/net/tcp."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == _LISTEN_ROW}


def _told() -> set[int]:
    """As the kernel answers; raises OSError if it does not."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        kernel.settimeout(_SECONDS)
        found = set(_ports(kernel, socket.AF_INET))
        # A kernel without IPv6 has no such sockets.
        with suppress(FileNotFoundError):
            found.update(_ports(kernel, socket.AF_INET6))
    return found


def _ports(kernel: socket.socket, family: int) -> Iterator[int]:
    question = _QUESTION.pack(family, socket.IPPROTO_TCP, 0, _LISTEN)
    kernel.send(_HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST_DUMP, 0, 0) + question)
    while True:
        for kind, content in messages(kernel.recv(_ROOM)):
            if kind == _DONE:
                return
            if kind == _ERROR:
                number = -struct.unpack_from("=i", content)[0]
                raise OSError(number, "the kernel does not tell which ports listen")
            yield _PORT.unpack_from(content)[0]


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each message in a packet of netlink(7)."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) & ~3 :]
