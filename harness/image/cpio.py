"""Archives that the Linux kernel unpacks as its first file system.

Source: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst ("newc").
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

ALIGNED = 4
END = "TRAILER!!!"


@dataclass(frozen=True)
class Member:
    """A file, directory or link of root's; ``mode`` has its type, as in stat(2)."""

    path: str
    mode: int
    content: bytes = b""


def directory(path: str) -> Member:
    return Member(path, stat.S_IFDIR | 0o755)


def program(path: str, content: bytes) -> Member:
    return Member(path, stat.S_IFREG | 0o755, content)


def file(path: str, content: bytes) -> Member:
    return Member(path, stat.S_IFREG | 0o644, content)


def link(path: str, target: str) -> Member:
    return Member(path, stat.S_IFLNK | 0o777, target.encode())


def archive(members: Iterable[Member]) -> bytes:
    """The same bytes for the same members: it has no times, and numbers files by their order."""
    packed = b"".join(_packed(number, member) for number, member in enumerate(members, 1))
    return packed + _packed(0, Member(END, 0))


def _packed(number: int, member: Member) -> bytes:
    name = member.path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(member.mode) else 1
    # inode, mode, uid, gid, links, time, size, device twice, checksum between name and content
    fields = (number, member.mode, 0, 0, links, 0, len(member.content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(head + name) + _padded(member.content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNED)
