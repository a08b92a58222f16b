"""lcg-cp: copy a file from or to the grid, without registering anything."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gridware.catalogue import destination, interrupt, names, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.lcg.cr import remove
from gridware.catalogue.names import Name
from gridware.catalogue.session import Session, warn
from gridware.catalogue.transfer import Rate
from gridware.program import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@program
def main(arguments: Sequence[str]) -> int:
    parser = options.Parser(
        "lcg-cp",
        "Copies a file: from lfn:, guid:, sfn:, gsiftp: or file: to file:, gsiftp: or sfn:.",
        "[-n STREAMS] [-t SECONDS] [--vo VO] [-v] SOURCE DESTINATION",
    )
    parser.streams()
    parser.add_argument("-s", "--sst", default="", help="ignored")
    parser.add_argument("-S", "--dst", default="", help="ignored")
    parser.add_argument("source")
    parser.add_argument("destination")
    return options.run(parser, arguments, _copy)


def _copy(session: Session, found: argparse.Namespace) -> None:
    source = session.file_or_name(found.source)
    target = session.file_or_name(found.destination)
    if target.kind in ("lfn", "guid"):
        raise DataError("EINVAL", target.text, "lcg-cr and lcg-rep make names and replicas")
    session.say("Using grid catalog type: lfc")
    if source.kind in ("lfn", "guid"):
        session.say(f"Using grid catalog : {session.catalogue.host}")
    session.say(f"Source URL: {source.text}")
    origins = sources(session, source)
    if target.kind == "file":
        _fetch(session, source, origins, target)
    else:
        _store(session, source, origins[0], target)


def sources(session: Session, name: Name) -> list[str]:
    """TURLs, or the local path, under which a file can be read; raises DataError ENOENT for none."""
    if name.kind in ("lfn", "guid"):
        surls = replicas(name, session.catalogue.ask("file", file=name.text))
        return [session.turl(surl) for surl in near_first(session, surls)]
    if name.kind == "surl":
        return [session.turl(name.text)]
    return [name.text]


def replicas(name: Name, known: dict[str, Any]) -> list[str]:
    """SURLs of a file that the catalogue knows; raises DataError if there is none to read."""
    surls = [str(surl) for surl in known["surls"]]
    if not surls and known["leaving"]:
        raise DataError("EBUSY", name.text, "its replicas are being deleted")
    if not surls:
        raise DataError("ENOENT", name.text, "the file has no replica")
    return surls


def near_first(session: Session, surls: list[str]) -> list[str]:
    """The replica of the default storage element first; the others in the catalogue's order."""
    near = session.environment.default_se(session.environment.values.get("LCG_GFAL_VO", session.settings.vo))
    return sorted(surls, key=lambda surl: names.host_of(surl) != near.lower())


def _fetch(session: Session, source: Name, origins: list[str], target: Name) -> None:
    if os.path.isdir(target.path):
        raise DataError("EISDIR", target.text)
    if source.kind == "file":
        raise DataError("EINVAL", target.text, "both are on this machine; use cp")
    last: DataError | None = None
    for origin in origins:
        try:
            _tell(session, origin, target.text)
            session.say_rate(session.mover.fetch(origin, target.path))
        except DataError as error:
            last = error
            session.say(str(error))
        else:
            return
    assert last is not None
    raise last


def _store(session: Session, source: Name, origin: str, target: Name) -> None:
    turl = session.turl(target.text) if target.kind == "surl" else target.text
    _tell(session, origin, turl)
    destination.make_directories(session.mover, turl)
    with _taken_back(session, turl):
        rate: Rate
        if source.kind == "file":
            rate = session.mover.put(source.path, turl)
        else:
            rate = session.mover.third_party(origin, turl)
    session.say_rate(rate)


@contextmanager
def _taken_back(session: Session, turl: str) -> Iterator[None]:
    """If the block fails, remove the part of a file that it stored; what was there before is not its own."""
    before = session.mover.size(turl) if session.mover.is_there(turl) else None
    try:
        yield
    except BaseException:
        interrupt.ignore()
        try:
            _take_back(session, turl, before)
        except DataError as error:
            # The first error is the one to tell of, and comes last.
            warn(f"a part of the file may be left there: {error}")
        raise


def _take_back(session: Session, turl: str, before: int | None) -> None:
    if before is None:
        remove(session, turl)
    elif session.new_mover().size(turl) != before:
        warn(f"{turl}: the file that was there is lost: a part of the new one is in its place")


def _tell(session: Session, origin: str, target: str) -> None:
    if not session.settings.verbose:
        return
    size = (
        os.stat(names.parse(origin).path).st_size
        if origin.startswith("file:")
        else session.mover.size(origin)
    )
    session.say(f"File size: {size}")
    session.say(f"VO name: {session.vo}")
    session.say(f"Source URL for copy: {origin}")
    session.say(f"Destination URL: {target}")
    session.say_settings()
