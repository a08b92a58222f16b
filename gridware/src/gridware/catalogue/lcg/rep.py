"""lcg-rep: one more copy of a file, on another storage element."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue import destination, intent, names, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.lcg.cp import near_first, replicas
from gridware.catalogue.lcg.cr import check_free, remove, store
from gridware.catalogue.session import Session
from gridware.program import program


@program
def main(arguments: Sequence[str]) -> int:
    parser = options.Parser(
        "lcg-rep",
        "Copies a file of the catalogue to a storage element and registers the copy.",
        "[-d DEST_FILE|HOST] [-P RELATIVE_PATH] [-n STREAMS] [-t SECONDS] [--vo VO] [-v] FILE",
    )
    parser.streams()
    parser.add_argument("-d", "--dest", default="", help="storage element, or SURL; else the VO's default")
    parser.add_argument("-P", "--relative-path", dest="relative", default="", help="path below the VO's area")
    parser.add_argument("-s", "--sst", default="", help="ignored")
    parser.add_argument("-S", "--dst", default="", help="ignored")
    parser.add_argument("file", help="lfn:, guid: or SURL")
    return options.run(parser, arguments, _replicate)


def _replicate(session: Session, found: argparse.Namespace) -> None:
    source = session.name(found.file)
    if source.kind not in names.CATALOGUED:
        raise DataError("EINVAL", source.text, "only a file of the catalogue can be replicated")
    session.say_catalogue()
    session.say(f"Source URL: {source.text}")
    known = session.catalogue.ask("file", file=source.text)
    session.say(f"File size: {known['size']}")
    session.say(f"VO name: {session.vo}")
    surls = [source.text] if source.kind == "surl" else near_first(session, replicas(source, known))
    surl = destination.surl(session, found.dest, found.relative)
    _check_elsewhere(known["surls"], surl, given="://" in found.dest or bool(found.relative))
    origin, turl = session.turl(surls[0]), session.turl(surl)
    session.say(f"Destination specified: {found.dest or names.host_of(surl)}")
    session.say(f"Source URL for copy: {origin}")
    session.say(f"Destination URL for copy: {turl}")
    session.say_settings()
    if found.relative or "://" in found.dest:
        check_free(session, turl)
    with intent.noted(
        session.catalogue, intent.REPLICATE, known["guid"], surl, undo=lambda: remove(session, turl)
    ) as noted:
        store(session, names.parse(origin), turl, known["size"] or None)
        noted.commit()
    session.say(f"Destination URL registered in Catalog: {surl}")


def _check_elsewhere(surls: Sequence[str], surl: str, *, given: bool) -> None:
    """A second copy on one storage element helps nobody, unless the user says where."""
    host = names.host_of(surl)
    for old in surls:
        if old == surl or (not given and names.host_of(old) == host):
            raise DataError("EEXIST", old, f"{host} has a replica already")
