"""Storage: what edg-gridftp-ls and ``globus-url-copy -list`` print, and how a file on an SE is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

from harness.grid.errors import UnexpectedOutput

XROOTD_PORT = 3147
"""An SE's, as the port table leads to it."""
_LONG = re.compile(
    r"^([-dlbcps])([-rwxsStT]{9})\S?\s+\d+\s+(\S+)\s+(\S+)\s+(\d+)\s+(\w{3}\s+\d+\s+[\d:]+)\s(.+)$"
)
_TOTAL = re.compile(r"^total \d+$")
_PASSIVE = re.compile(r"^227 [^(\n]*\(((?:\d+,){5}\d+)\)", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A file or directory in a long listing; ``size`` in bytes."""

    kind: str
    """``-`` file, ``d`` directory, ``l`` link."""
    mode: str
    """Nine letters, such as ``rw-r--r--``."""
    owner: str
    group: str
    size: int
    name: str

    @property
    def directory(self) -> bool:
        return self.kind == "d"


def gsiftp(host: str, path: str) -> str:
    """URL of an absolute path over GridFTP."""
    return f"gsiftp://{host}{path}"


def xrootd(host: str, port: int = XROOTD_PORT) -> str:
    """URL of an SE's remote I/O, as xrdfs takes it; a slash and an absolute path behind it name a file."""
    return f"root://{host}:{port}"


def parse_long(text: str) -> dict[str, Entry]:
    """Read ``edg-gridftp-ls --verbose``: entries by name, without ``.`` and ``..``."""
    entries = (_entry(line, text) for line in _lines(text) if not _TOTAL.match(line))
    return {entry.name: entry for entry in entries if entry.name not in (".", "..")}


def parse_names(text: str) -> tuple[str, ...]:
    """Read ``edg-gridftp-ls``: one name a line."""
    return tuple(name for name in _lines(text) if name not in (".", ".."))


def parse_list(text: str) -> dict[str, bool]:
    """Read ``globus-url-copy -list URL/``: names, and whether each is a directory."""
    head, *names = _lines(text) or [""]
    if not head.startswith(("gsiftp://", "file://")):
        raise UnexpectedOutput("the URL that is listed, then names", text)
    return {name.strip().rstrip("/"): name.strip().endswith("/") for name in names}


def passive(text: str) -> tuple[IPv4Address, int] | None:
    """Address and port that a GridFTP server offered last for data (RFC 959, reply 227)."""
    offers = _PASSIVE.findall(text)
    if not offers:
        return None
    *address, high, low = map(int, offers[-1].split(","))
    return IPv4Address(".".join(map(str, address))), high * 256 + low


def _entry(line: str, text: str) -> Entry:
    match = _LONG.match(line)
    if match is None:
        raise UnexpectedOutput("a long listing such as `-rw-r--r-- 1 gilda001 gilda 12 Nov 9 12:30 f`", text)
    kind, mode, owner, group, size, _, name = match.groups()
    return Entry(kind, mode, owner, group, int(size), name)


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r") for line in text.splitlines() if line.strip()]
