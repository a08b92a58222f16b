"""A look at names and ports: where names lead, who answers for them, and who listens here."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import subprocess
from typing import Any

from harness.diagnosis.looks.beside import CONNECTING, EACH, SLOWER, read, side_by_side

TRIES = 2
"""How often a name server is asked: a packet may get lost."""
QUESTION = b"\x1c\xeb\1\0\0\1\0\0\0\0\0\0\tlocalhost\0\0\1\0\1"
"""For the address of ``localhost`` (RFC 1035, 4.1), which every server knows itself, or refuses at once."""
NETFILTER, GET_TABLES, DUMP, TABLE = 12, 0xA01, 0x301, 0xA00
"""NETLINK_NETFILTER, NFT_MSG_GETTABLE and what answers it, and NLM_F_REQUEST with NLM_F_DUMP."""
HEADER = 24
"""Bytes of a message before the name of a table: of netlink, of netfilter, and of the name's attribute."""


def names(hosts: list[str]) -> dict[str, list[str]]:
    """Addresses that each name leads to, as programs of this machine see it; the error's words if none."""
    found: dict[str, list[str]] = {}

    def ask(host: str) -> None:
        try:
            answers = socket.getaddrinfo(host, None, socket.AF_UNSPEC, socket.SOCK_STREAM)
            found[host] = sorted({str(answer[4][0]) for answer in answers})
        except OSError as error:
            found[host] = [f"!{error.strerror or error}"]

    side_by_side([lambda host=host: ask(host) for host in hosts], EACH * SLOWER[0])  # type: ignore[misc]
    return {host: found.get(host, ["!no answer in time"]) for host in hosts}


def servers(path: str) -> dict[str, str]:
    """Why each name server of a file of resolv.conf(5) gives no answer; empty for one that does."""
    words = [line.split() for line in read(path).splitlines()]
    listed = [each[1] for each in words if len(each) > 1 and each[0] == "nameserver"]
    found: dict[str, str] = {}

    def ask(server: str) -> None:
        with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.settimeout(CONNECTING * SLOWER[0])
            for _ in range(TRIES):
                try:
                    wire.connect((server, 53))
                    wire.send(QUESTION)
                    wire.recv(512)
                    found[server] = ""
                    return
                except TimeoutError:
                    found[server] = "no answer"
                except OSError as error:
                    found[server] = (error.strerror or str(error)).lower()

    side_by_side([lambda server=server: ask(server) for server in listed], EACH * SLOWER[0])  # type: ignore[misc]
    return {server: found.get(server, "no answer") for server in listed}


def listeners() -> dict[str, list[dict[str, Any]]]:
    """Who listens at each TCP port: the address, the process, its unit, and how full its queue is."""
    said = subprocess.run(["ss", "-tlnpH"], capture_output=True, text=True, check=False).stdout
    found: dict[str, list[dict[str, Any]]] = {}
    for line in said.splitlines():
        _, waiting, room, place, _, *users = line.split(maxsplit=5)
        host, _, port = place.rpartition(":")
        who = re.search(r'"([^"]+)",pid=(\d+)', users[0] if users else "")
        unit = ""
        if who:
            with contextlib.suppress(OSError):
                unit = read(f"/proc/{who[2]}/cgroup").strip()
        named, full = f"{who[1]}[{who[2]}]" if who else "", int(waiting) > int(room)
        found.setdefault(port, []).append({"at": host, "who": named, "group": unit, "full": full})
    return found


def tables() -> list[str]:
    """Names of the tables of nftables here, by the kernel's own words: nodes have no nft.

    None of a kernel that knows no such tables.
    """
    found, data = [], b""
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER) as wire,
    ):
        wire.settimeout(CONNECTING * SLOWER[0])
        wire.send(struct.pack("=IHHIIBBH", 20, GET_TABLES, DUMP, 1, 0, 0, 0, 0))
        data = wire.recv(1 << 16)
    while len(data) >= 16:
        size, kind = struct.unpack("=IH", data[:6])
        if kind == TABLE:
            length = struct.unpack("=H", data[HEADER - 4 : HEADER - 2])[0]
            found.append(data[HEADER : HEADER - 4 + length].rstrip(b"\0").decode())
        data = data[max(size + 3 & ~3, 16) :]
    return found
