"""Look at a network from the machine that its bridge is on: who has which address, and what gets through.

As ``python3 -c THIS``, with JSON on standard input, and answers as ``harness/diagnosis/look.py``.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

COUNT, APART, WAITING = 10, 0.02, 0.6
"""Echoes that are sent, seconds between two, and seconds for the last answer."""


def owners(device: str, addresses: list[str]) -> dict[str, list[str]]:
    """MAC addresses that answer for each address on a network (RFC 826); two of them are one too many."""
    found: dict[str, set[str]] = {address: set() for address in addresses}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)) as wire:
        wire.bind((device, 0x0806))
        own = wire.getsockname()[4]
        for address in addresses:
            # Sent by nobody's address, as RFC 5227 has it, so that no cache of a node is changed.
            asked = bytes(10) + socket.inet_aton(address)
            wire.sendto(
                b"\xff" * 6 + own + b"\x08\x06" + b"\0\1\x08\0\6\4\0\1" + own + bytes(4) + asked[4:],
                (device, 0),
            )
        end = time.monotonic() + WAITING
        while (left := end - time.monotonic()) > 0:
            wire.settimeout(left)
            with contextlib.suppress(TimeoutError):
                address, mac = _told(wire.recv(128))
                if address in found:
                    found[address].add(mac)
    return {address: sorted(macs) for address, macs in found.items()}


def _told(packet: bytes) -> tuple[str, str]:
    """Whose MAC address a packet tells, and which; nobody's, if it is no answer, or too short for one."""
    if len(packet) < 32 or packet[20:22] != b"\0\2":
        return "", ""
    return socket.inet_ntoa(packet[28:32]), packet[22:28].hex(":")


def echoes(addresses: list[str], size: int) -> dict[str, list[float]]:
    """Seconds of each of ``COUNT`` echoes (RFC 792) of ``size`` bytes that come back from each address.

    None is taken to pieces on its way (IP_MTU_DISCOVER, ip(7)).
    """
    found: dict[str, list[float]] = {address: [] for address in addresses}
    sent: dict[tuple[str, int], float] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as wire:
        wire.setsockopt(socket.IPPROTO_IP, 10, 2)
        mark = os.urandom(2)
        end = time.monotonic() + COUNT * APART + WAITING
        for number in [*range(COUNT), -1]:
            for address in addresses if number >= 0 else ():
                head = mark + number.to_bytes(2, "big")
                checked = _checksum(b"\x08\0\0\0" + head + b"x" * size)
                sent[address, number] = time.monotonic()
                with contextlib.suppress(OSError):
                    wire.sendto(b"\x08\0" + checked + head + b"x" * size, (address, 0))
            until = time.monotonic() + APART if number >= 0 else end
            while (left := until - time.monotonic()) > 0 and sent:
                wire.settimeout(left)
                with contextlib.suppress(TimeoutError):
                    packet, (address, _) = wire.recvfrom(2048)
                    back = address, int.from_bytes(packet[26:28], "big")
                    # What comes twice is one; and what nobody has sent, somebody has made up.
                    if packet[20:21] == b"\0" and packet[24:26] == mark and back in sent:
                        found[address].append(time.monotonic() - sent.pop(back))
            if number >= 0:
                time.sleep(max(0.0, until - time.monotonic()))
    return found


def _checksum(data: bytes) -> bytes:
    total = sum(int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big") for at in range(0, len(data), 2))
    total = (total & 0xFFFF) + (total >> 16)
    return (~(total + (total >> 16)) & 0xFFFF).to_bytes(2, "big")


KINDS: dict[str, Callable[..., Any]] = {each.__name__: each for each in (owners, echoes)}


def answer(kind: str, *words: Any) -> dict[str, Any]:
    try:
        return {"got": KINDS[kind](*words)}
    except OSError as error:
        return {"error": str(error)}


def main() -> None:
    wants: list[list[Any]] = json.load(sys.stdin)["wants"]
    found: list[dict[str, Any]] = [{"late": True} for _ in wants]

    def one(number: int) -> None:
        found[number] = answer(*wants[number])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(wants))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        print(json.dumps(each))


if __name__ == "__main__":
    main()
