"""Entries of the catalogue as lines of ls -l, in the LFC's own layout."""

from __future__ import annotations

import time

from gridware.catalogue.connection import Catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Entry = dict[str, "Any"]
HALF_YEAR = 183 * 86400


def entries(catalogue: Catalogue, path: str, *, itself: bool = False) -> list[Entry]:
    """What a directory holds; of a file, or with ``itself``, the one entry under the path as given."""
    entry = catalogue.ask("stat", path=path)
    if itself or not entry["directory"]:
        return [{**entry, "name": path}]
    found: list[Entry] = catalogue.ask("list", path=path)["entries"]
    return found


def long_line(entry: Entry, *, when: str = "changed") -> str:
    """``-rw-r--r--   1 101      101                     786 Feb 23 17:22 name``."""
    sign = "+" if entry["acl"] else " "
    arrow = f" -> {entry['target']}" if entry["target"] else ""
    return (
        f"{_mode(entry)}{sign}{_links(entry):>3} {entry['uid']!s:<8.8} {entry['gid']!s:<8.8}"
        f" {entry['size']:>18}"
        f" {_date(entry[when], time.time())} {entry['name']}{arrow}"
    )


def _links(entry: Entry) -> int:
    """Of a directory how many entries it has, as the LFC counted; of a link one."""
    return int(entry["count"]) if entry["directory"] and not entry["target"] else 1


def _mode(entry: Entry) -> str:
    if entry["target"]:
        return "lrwxrwxrwx"
    bits = "".join(
        letter if entry["mode"] >> place & 1 else "-"
        for place, letter in zip(range(8, -1, -1), "rwx" * 3, strict=True)
    )
    return f"{'d' if entry['directory'] else '-'}{bits}"


def _date(when: float, now: float) -> str:
    """With the time of day if it is at most half a year ago, else with the year."""
    then = time.localtime(when)
    recent = now - HALF_YEAR < when <= now + 60
    return time.strftime("%b %e %H:%M" if recent else "%b %e  %Y", then)
