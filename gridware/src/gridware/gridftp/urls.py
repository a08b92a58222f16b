"""gsiftp URLs: ``gsiftp://host[:port]/path``."""

from __future__ import annotations

from collections.abc import Sequence

from gridware.pattern import pattern

_URL = pattern(r"(?:gsiftp|gridftp)://(?P<host>[^/:\s]+)(?::(?P<port>\d+))?(?P<path>/.*)?")
PORT = "2811"


class BadUrlError(Exception):
    """Not a URL these commands can use."""


def check(url: str) -> str:
    """``url`` as Globus takes it. Raises BadUrlError."""
    if _URL.fullmatch(url) is None:
        raise BadUrlError(f"{url!r} is not a GridFTP URL; write gsiftp://host[:port]/path")
    return url if not url.startswith("gridftp:") else "gsiftp:" + url.partition(":")[2]


def server(url: str) -> tuple[str, str]:
    """Host and port of a checked URL."""
    match = _URL.fullmatch(url)
    assert match is not None, url
    return match["host"].lower(), match["port"] or PORT


def host_of(text: str) -> str:
    """Host of a GridFTP URL; empty for anything else."""
    match = _URL.fullmatch(text)
    return match["host"] if match else ""


def without_slash(url: str) -> str:
    """``url`` without slashes at its end, except that of the server's root."""
    match = _URL.fullmatch(url)
    path = match["path"] if match else None
    return url if not path else url[: len(url) - len(path)] + (path.rstrip("/") or "/")


def with_parents(urls: Sequence[str]) -> list[str]:
    """Each URL after all the directories above it, highest first, none twice."""
    found: dict[str, None] = {}
    for url in urls:
        match = _URL.fullmatch(url)
        path = (match["path"] if match else None) or "/"
        root = url[: len(url) - len(path)] if match and match["path"] else url
        steps = [step for step in path.split("/") if step]
        found.update(dict.fromkeys(f"{root}/{'/'.join(steps[: n + 1])}" for n in range(len(steps))))
    return list(found)
