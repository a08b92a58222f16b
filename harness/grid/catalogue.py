"""The file catalogue: what lcg-* and lfc-* commands print (facts: glite.md 5.3, 5.4 and Appendix A)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.grid.errors import UnexpectedOutput

_GUID = re.compile(r"^guid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
_SURL = re.compile(r"^(?:sfn|srm)://[^/]+/\S+$")
_LFN = re.compile(r"^lfn:/grid/\S+$")
_LONG = re.compile(
    r"^([-dl])([-rwxsStT]{9})\+?\s+(\d+)\s+(\S+)\s+(\S+)\s+(\d+)\s+\w{3}\s+\d+\s+[\d:]+\s(.+?)(?: -> (.+))?$"
)


@dataclass(frozen=True)
class Name:
    """A line of ``lfc-ls -l``; ``size`` in bytes, ``target`` of a further name of a file."""

    kind: str
    """``-`` file, ``d`` directory, ``l`` further name."""
    mode: str
    entries: int
    owner: str
    group: str
    size: int
    name: str
    target: str


def parse_guid(text: str) -> str:
    """What ``lcg-cr`` and ``lcg-lg`` print: ``guid:`` and a UUID, and nothing else."""
    lines = _lines(text)
    if len(lines) != 1 or not _GUID.match(lines[0]):
        raise UnexpectedOutput("one line guid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", text)
    return lines[0]


def parse_replicas(text: str) -> tuple[str, ...]:
    """Read ``lcg-lr``: SURLs, one a line."""
    return _all(_SURL, text, "SURLs such as sfn://HOST/PATH")


def parse_names(text: str) -> tuple[str, ...]:
    """Read ``lcg-la``: names, one a line."""
    return _all(_LFN, text, "names such as lfn:/grid/VO/NAME")


def parse_long(text: str) -> dict[str, Name]:
    """Read ``lfc-ls -l``: entries by name."""
    return {found.name: found for found in (_name(line, text) for line in _lines(text))}


def _all(pattern: re.Pattern[str], text: str, expected: str) -> tuple[str, ...]:
    lines = _lines(text)
    if not all(pattern.match(line) for line in lines):
        raise UnexpectedOutput(expected, text)
    return tuple(lines)


def _name(line: str, text: str) -> Name:
    match = _LONG.match(line)
    if match is None:
        raise UnexpectedOutput("long lines such as `-rw-r--r--   1 101 101 12 Nov  9 12:30 name`", text)
    kind, mode, entries, owner, group, size, name, target = match.groups()
    return Name(kind, mode, int(entries), owner, group, int(size), name, target or "")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
