"""Listen to all interfaces of a machine and tell which packets bear a word, as it is or encoded.

Typed at the dom0, as ``python3 -c THIS WORD``: whatever the nodes say to each other or to the outside passes
there.  Prints ``listening``, listens until its standard input ends, then prints one JSON object: ``packets``,
``lost`` (those the kernel dropped for want of room) and ``heard``, each hit once.  Needs root and nothing but
Python.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import socket
import struct
import sys
import threading
import time

ALL_PROTOCOLS = 3
"""ETH_P_ALL (linux/if_ether.h)."""
SOL_PACKET, PACKET_STATISTICS = 263, 6
SO_RCVBUFFORCE = 33
ROOM = 128 << 20
"""Bytes that may wait to be looked at: other checks move files meanwhile."""
LARGEST = 1 << 17
ETHERNET, IPV4, TCP, UDP = 14, 0x0800, 6, 17
TAIL = re.compile(rb"[a-z.-]*")
Flow = tuple[str, int, str, int]
"""From address and port, to address and port."""


def needles(word: str) -> dict[str, bytes]:
    """What to look for, by how it is written: base64 hides a word in three ways, by where it begins."""
    plain = word.encode()
    found = {"plain": plain, "hex": plain.hex().encode()}
    for ahead, unsure in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(bytes(ahead) + plain)
        found[f"base64 {ahead}"] = text[unsure : (ahead + len(plain)) * 8 // 6]
    return found


def flow(frame: bytes) -> Flow | None:
    """Who speaks to whom, of an Ethernet frame with TCP or UDP over IPv4."""
    if struct.unpack_from("!H", frame, 12)[0] != IPV4 or frame[ETHERNET + 9] not in (TCP, UDP):
        return None
    source, target = (socket.inet_ntoa(frame[at : at + 4]) for at in (ETHERNET + 12, ETHERNET + 16))
    first, second = struct.unpack_from("!HH", frame, ETHERNET + (frame[ETHERNET] & 15) * 4)
    return source, first, target, second


def hits(frame: bytes, words: dict[str, bytes]) -> set[tuple[Flow | None, str, str]]:
    """Flow, way of writing, and the letters that follow, of each needle in a frame."""
    found = set()
    for written, needle in words.items():
        at = frame.find(needle)
        while at >= 0:
            tail = TAIL.match(frame, at + len(needle)) if written == "plain" else None
            found.add((flow(frame), written, tail[0].decode() if tail else ""))
            at = frame.find(needle, at + 1)
    return found


def listen(wire: socket.socket, word: str, over: threading.Event) -> dict[str, object]:
    """Look at all that comes until ``over`` is set and nothing waits any more."""
    words, heard, packets = needles(word), set(), 0
    buffer = bytearray(LARGEST)
    view = memoryview(buffer)
    wire.settimeout(0.1)
    end = float("inf")
    while time.monotonic() < end:
        try:
            size = wire.recv_into(buffer)
        except TimeoutError:
            if over.is_set():
                break
            continue
        if over.is_set():
            end = min(end, time.monotonic() + 10)
        packets += 1
        heard |= hits(bytes(view[:size]), words)
    statistics = wire.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
    return {"packets": packets, "lost": struct.unpack("=II", statistics)[1], "heard": sorted(heard, key=repr)}


def main(word: str) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        with contextlib.suppress(OSError):
            os.nice(-10)
        over = threading.Event()

        def wait() -> None:
            sys.stdin.read()
            over.set()

        threading.Thread(target=wait, daemon=True).start()
        print("listening", flush=True)
        print(json.dumps(listen(wire, word, over)))


if __name__ == "__main__":
    main(*sys.argv[1:])
