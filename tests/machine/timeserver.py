"""A time server with this machine's own clock, for one without a network (RFC 4330): ``timeserver.py``."""

import socket
import struct
import time

SINCE_1900 = 2208988800
"""Seconds from NTP's first moment to 1970."""
SERVER, ANSWER = ("127.0.0.1", 123), "!BBbbII4s"
VERSION, SERVES, FIRST_HAND, PRECISION = 0x38, 4, 1, -20


def moment() -> bytes:
    """Now, in seconds and 2^32nds of one."""
    now = time.time() + SINCE_1900
    return struct.pack("!II", int(now), int(now % 1 * 2**32))


def main() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(SERVER)
        while True:
            asked, who = door.recvfrom(1024)
            came = moment()
            head = struct.pack(
                ANSWER, asked[0] & VERSION | SERVES, FIRST_HAND, asked[2], PRECISION, 0, 0, b"ROOM"
            )
            door.sendto(head + came + asked[40:48] + came + moment(), who)


if __name__ == "__main__":
    main()
