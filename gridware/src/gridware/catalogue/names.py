"""Names of files: lfn:, guid:, SURLs, and file: and gsiftp: for what is in no catalogue."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from gridware.catalogue.errors import DataError
from gridware.pattern import pattern
from gridware.tuples import NamedTuple

GRIDFTP_PORT = 2811
_GUID = pattern(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
CATALOGUED = ("lfn", "guid", "surl")


class Name(NamedTuple):
    """``kind`` is lfn, guid, surl, file or gsiftp; ``text`` is the whole name as the commands print it."""

    kind: str
    text: str

    @property
    def rest(self) -> str:
        """What follows ``lfn:``, ``guid:`` or ``file:``."""
        return self.text.partition(":")[2]

    @property
    def path(self) -> str:
        """A path on this machine, of a ``file:`` name."""
        return self.rest


def parse(text: str, home: str = "") -> Name:
    """Raises DataError EINVAL for what is no name, EPROTONOSUPPORT for a protocol nobody speaks here."""
    scheme, colon, rest = text.partition(":")
    if not colon or not rest:
        raise DataError("EINVAL", text, "write lfn:, guid:, sfn:, gsiftp: or file:")
    if scheme == "lfn":
        return Name("lfn", f"lfn:{absolute(rest, home)}")
    if scheme == "guid":
        return Name("guid", f"guid:{check_guid(rest)}")
    if scheme == "sfn":
        _check_host(text)
        return Name("surl", text)
    if scheme == "gsiftp":
        _check_host(text)
        return Name("gsiftp", text)
    if scheme == "file":
        return Name("file", f"file:{_local(rest)}")
    raise DataError("EPROTONOSUPPORT", text)


@contextmanager
def with_directory(lfn: str) -> Iterator[None]:
    """Around giving a file the name ``lfn``: where the directory is missing, say how it is made."""
    try:
        yield
    except DataError as error:
        above = lfn.rpartition("/")[0]
        if error.code == "ENOENT" and above and f"{above}/".startswith(f"{error.subject}/"):
            error.hint = f"The directory must be there first: lfc-mkdir -p {above}"
        raise


def absolute(path: str, home: str) -> str:
    """A path in the catalogue: one without a slash is below LFC_HOME."""
    if path.startswith("/"):
        return path
    if not home:
        raise DataError("EINVAL", path, "a path begins with a slash unless LFC_HOME is set")
    return f"{home.rstrip('/')}/{path}"


def check_guid(text: str) -> str:
    if _GUID.fullmatch(text.lower()) is None:
        raise DataError("EINVAL", f"guid:{text}", "this is no GUID")
    return text.lower()


def new_guid() -> str:
    """By chance: version 4 of RFC 9562, without the library's module, which takes long to load."""
    number = bytearray(os.urandom(16))
    number[6], number[8] = number[6] & 0x0F | 0x40, number[8] & 0x3F | 0x80
    text = number.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def generated(area: str) -> str:
    """A name for a file that got none, below ``area``."""
    return f"{area.rstrip('/')}/generated/{_today()}/file{new_guid()}"


def generated_lfn(vo: str) -> str:
    return f"lfn:/grid/{vo}/generated/{_today()}/file-{new_guid()}"


def _today() -> str:
    return time.strftime("%Y-%m-%d")


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def path_of(url: str) -> str:
    """The path of a SURL or TURL, one slash at its beginning."""
    return "/" + urlsplit(url).path.lstrip("/")


def turl(surl: str, port: int) -> str:
    """Where GridFTP finds a SURL; ``port`` is the storage element's unless the SURL has one."""
    parts = urlsplit(surl)
    port = parts.port or port
    shown = "" if port == GRIDFTP_PORT else f":{port}"
    return f"gsiftp://{host_of(surl)}{shown}{path_of(surl)}"


def _check_host(url: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.hostname and parts.path not in ("", "/") and parts.port != 0
    except ValueError:
        fine = False
    if not fine or any(char.isspace() or not char.isprintable() for char in url):
        raise DataError("EINVAL", url, f"write {url.partition(':')[0]}://HOST/PATH")


def _local(rest: str) -> str:
    path = rest.removeprefix("//")
    path = unquote(path) if rest.startswith("//") else path
    return path if path.startswith("/") else os.path.abspath(path)
