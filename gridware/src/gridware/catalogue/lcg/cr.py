"""lcg-cr: store a file on a storage element and give it a name in the catalogue."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from gridware.catalogue import destination, digest, intent, names, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.names import Name
from gridware.catalogue.session import Session
from gridware.program import program

CHECKSUMS = {"CRC32": "CS", "ADLER32": "AD", "MD5": "MD"}
"""Those that the catalogue keeps, as the LFC named them."""


@program
def main(arguments: Sequence[str]) -> int:
    parser = options.Parser(
        "lcg-cr",
        "Copies a file to a storage element and registers it in the catalogue; prints its GUID.",
        "[-d DEST_FILE|HOST] [-g GUID] [-l LFN] [-P RELATIVE_PATH] [-n STREAMS] [-t SECONDS] [--vo VO] [-v]"
        " SOURCE",
    )
    parser.streams()
    parser.add_argument("-d", "--dest", default="", help="storage element, or SURL; else the VO's default")
    parser.add_argument("-g", "--guid", default="", help="the GUID to give; else a new one")
    parser.add_argument("-l", "--lfn", default="", help="the name to give; else one below generated/")
    parser.add_argument("-P", "--relative-path", dest="relative", default="", help="path below the VO's area")
    parser.add_argument("-s", "--st", default="", help="space token; ignored, classic storage has none")
    parser.add_argument("--checksum", action="store_true", help="note the checksum of the file")
    parser.add_argument("--checksum-type", choices=tuple(CHECKSUMS), default="ADLER32")
    parser.add_argument("-f", "--nofilesizecheck", action="store_true", help="don't compare sizes afterwards")
    parser.add_argument("source", help="file: or gsiftp: name")
    return options.run(parser, arguments, _create)


def _create(session: Session, found: argparse.Namespace) -> None:
    source = session.file_or_name(found.source)
    session.say_catalogue()
    session.say(f"Source URL: {source.text}")
    size = _size(session, source)
    session.say(f"File size: {size}")
    session.say(f"VO name: {session.vo}")
    guid = names.check_guid(found.guid.removeprefix("guid:")) if found.guid else names.new_guid()
    lfn = _lfn(session, found.lfn)
    surl = destination.surl(session, found.dest, found.relative)
    session.say(f"Destination specified: {found.dest or names.host_of(surl)}")
    turl = session.turl(surl)
    session.say(f"Destination URL for copy: {turl}")
    session.say_settings()
    if found.relative or "://" in found.dest:
        check_free(session, turl)
    with (
        names.with_directory(lfn.rest),
        intent.noted(
            session.catalogue, intent.CREATE, guid, surl, undo=lambda: remove(session, turl), lfn=lfn.rest
        ) as noted,
    ):
        store(session, source, turl, None if found.nofilesizecheck else size)
        noted.commit(size, _checksum(source, found.checksum_type) if found.checksum else "")
    session.say(f"Alias registered in Catalog: {lfn.text}")
    session.say(f"Destination URL registered in Catalog: {surl}")
    print(f"guid:{guid}")


def _lfn(session: Session, given: str) -> Name:
    name = session.name(given if given.startswith("lfn:") else f"lfn:{given}") if given else None
    return name or session.name(names.generated_lfn(session.vo))


def _size(session: Session, source: Name) -> int:
    if source.kind == "gsiftp":
        return session.mover.size(source.text)
    if source.kind != "file":
        raise DataError("EINVAL", source.text, "the source is a file: or gsiftp: name")
    if os.path.isdir(source.path):
        raise DataError("EISDIR", source.text)
    with open(source.path, "rb"):
        return os.stat(source.path).st_size


def check_free(session: Session, turl: str) -> None:
    """A destination that the user chose must not be there yet; before the intent, which could remove it."""
    if session.mover.is_there(turl):
        raise DataError("EEXIST", turl)


def store(session: Session, source: Name, turl: str, size: int | None) -> None:
    """Copy to a storage element; ``size``: bytes that must have arrived, None for any."""
    mover = session.mover
    destination.make_directories(mover, turl)
    local = source.kind == "file"
    rate = mover.put(source.path, turl) if local else mover.third_party(source.text, turl)
    session.say_rate(rate)
    if size is not None and (arrived := mover.size(turl)) != size:
        raise DataError("EIO", turl, f"{arrived} of {size} bytes arrived")


def remove(session: Session, turl: str) -> None:
    """Remove a file from a storage element, if it is there."""
    try:
        session.new_mover().unlink(turl)
    except DataError as error:
        if error.code != "ENOENT":
            raise


def _checksum(source: Name, kind: str) -> str:
    """``AD:…``, ``CS:…`` or ``MD:…`` of a local file; none of others."""
    if source.kind != "file":
        return ""
    return f"{CHECKSUMS[kind]}:{digest.of_file(source.path, kind.lower())}"
