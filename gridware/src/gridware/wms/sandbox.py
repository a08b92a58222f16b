"""The InputSandbox: which files go to the broker, and which the job fetches by itself."""

from __future__ import annotations

import os

from gridware.jdl.ad import Ad, literal
from gridware.jdl.lexer import JdlError
from gridware.jdl.rules import counted, wild
from gridware.jdl.schema import texts
from gridware.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMES = ("gsiftp", "https", "http")
MB = 1_000_000


class Sandbox(NamedTuple):
    """Local files with their names on the WN, and the entries for the job's JDL, in the order given."""

    files: tuple[tuple[str, str], ...]
    entries: tuple[str, ...]
    """A file's name, or the URL of what lies elsewhere."""


def resolve(ad: Ad, most: int) -> Sandbox:
    """Find the files; ``most``: bytes they may have together.  Raises JdlError."""
    found = ad.get("InputSandbox")
    if found is None:
        return Sandbox((), ())
    names = texts(ad, "InputSandboxDestFileName")
    files: list[tuple[str, str]] = []
    entries: list[str] = []
    for number, item in enumerate(found.value.items):
        for place in _places(str(item.content), str(ad.content("InputSandboxBaseURI") or ""), item.line):
            if "://" in place:
                entries.append(place)
                continue
            name = names[number] if number < len(names) else os.path.basename(place)
            _readable(place, item.line)
            files.append((place, name))
            entries.append(name)
    _distinct([name.rsplit("/", 1)[-1] for name in (names or entries)], found.line)
    _small_enough(files, most, found.line)
    return Sandbox(tuple(files), tuple(entries))


def with_entries(ad: Ad, sandbox: Sandbox) -> Ad:
    """The job with the entries found in the place of patterns."""
    if ad.get("InputSandbox") is None:
        return ad
    return ad.with_value("InputSandbox", literal(sandbox.entries, _line(ad))).without(["InputSandboxBaseURI"])


def _places(entry: str, base: str, line: int) -> Iterator[str]:
    """An entry as absolute paths, or as a URL."""
    if "://" not in entry and base and not entry.startswith("/"):
        entry = f"{base.rstrip('/')}/{entry}"
    if "://" not in entry:
        yield from _local(entry, line)
        return
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(entry)
    if parts.scheme == "file":
        yield from _local(unquote(parts.path), line)
    elif parts.scheme not in _SCHEMES or not parts.netloc or not parts.path.strip("/"):
        raise JdlError(line, "InputSandbox", f"{entry!r} is no file, and no URL such as gsiftp://host/path")
    else:
        yield entry


def _local(entry: str, line: int) -> list[str]:
    path = os.path.abspath(os.path.expanduser(os.path.expandvars(entry)))
    found = [path]
    if wild(path) and not os.path.exists(path):
        from glob import glob

        found = sorted(glob(path))
    if not found:
        raise JdlError(line, "InputSandbox", f"{entry!r} fits no file")
    return found


def _readable(place: str, line: int) -> None:
    if not os.path.exists(place):
        raise JdlError(line, "InputSandbox", f"there is no file {place}")
    if not os.path.isfile(place):
        raise JdlError(line, "InputSandbox", f"{place} is no plain file (folders must be packed first)")
    if not os.access(place, os.R_OK):
        raise JdlError(line, "InputSandbox", f"you may not read {place}")


def _distinct(names: list[str], line: int) -> None:
    for name, count in counted(names).items():
        if count > 1:
            raise JdlError(line, "InputSandbox", f"{count} files would be called {name!r} on the WN")


def _small_enough(files: list[tuple[str, str]], most: int, line: int) -> None:
    size = sum(os.path.getsize(place) for place, _ in files)
    if size > most:
        why = f"{size / MB:.1f} MB are more than the {most / MB:.0f} MB allowed; large files belong on an SE"
        raise JdlError(line, "InputSandbox", why)


def _line(ad: Ad) -> int:
    found = ad.get("InputSandbox")
    return found.line if found else 0
