"""lcg-aa, lcg-ra, lcg-rf and lcg-uf: names and replicas in the catalogue, with no file touched."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue import names, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.names import Name
from gridware.catalogue.session import Session
from gridware.program import program


@program
def add_alias(arguments: Sequence[str]) -> int:
    """lcg-aa."""
    return _alias("lcg-aa", "Gives a file one more name.", "alias", arguments)


@program
def remove_alias(arguments: Sequence[str]) -> int:
    """lcg-ra."""
    return _alias("lcg-ra", "Takes one of its names from a file.", "unalias", arguments)


def _alias(name: str, does: str, operation: str, arguments: Sequence[str]) -> int:
    parser = options.Parser(name, does, "[--vo VO] [-v] GUID LFN")
    parser.add_argument("guid", help="guid:…")
    parser.add_argument("lfn", help="lfn:…")

    def work(session: Session, found: argparse.Namespace) -> None:
        file, lfn = _of(session, found.guid, "guid", "lfn", "surl"), _of(session, found.lfn, "lfn")
        with names.with_directory(lfn.rest):
            session.catalogue.ask(operation, file=file.text, lfn=lfn.rest)

    return options.run(parser, arguments, work)


@program
def register(arguments: Sequence[str]) -> int:
    """lcg-rf."""
    parser = options.Parser(
        "lcg-rf",
        "Registers a file that is on a storage element already; prints its GUID.",
        "[-g GUID] [-l LFN] [--vo VO] [-v] SURL",
    )
    parser.add_argument("-g", "--guid", default="", help="of a known file: the SURL becomes a replica of it")
    parser.add_argument("-l", "--lfn", default="", help="the name to give; else one below generated/")
    parser.add_argument("surl", help="sfn://…")
    return options.run(parser, arguments, _register)


def _register(session: Session, found: argparse.Namespace) -> None:
    surl = _of(session, found.surl, "surl")
    size = session.mover.size(session.turl(surl.text))
    guid = names.check_guid(found.guid.removeprefix("guid:")) if found.guid else names.new_guid()
    lfn = found.lfn or ("" if found.guid and _known(session, guid) else names.generated_lfn(session.vo))
    name = session.name(lfn if lfn.startswith("lfn:") else f"lfn:{lfn}").rest if lfn else ""
    with names.with_directory(name):
        session.catalogue.ask("register", guid=guid, surl=surl.text, lfn=name, size=size)
    print(f"guid:{guid}")


def _known(session: Session, guid: str) -> bool:
    try:
        session.catalogue.ask("file", file=f"guid:{guid}")
    except DataError as error:
        if error.code != "ENOENT":
            raise
        return False
    return True


@program
def unregister(arguments: Sequence[str]) -> int:
    """lcg-uf."""
    parser = options.Parser(
        "lcg-uf", "Forgets a replica; the file itself stays where it is.", "[--vo VO] [-v] GUID SURL"
    )
    parser.add_argument("guid", help="guid:…")
    parser.add_argument("surl", help="sfn://…")

    def work(session: Session, found: argparse.Namespace) -> None:
        guid, surl = _of(session, found.guid, "guid"), _of(session, found.surl, "surl")
        session.catalogue.ask("unregister", guid=guid.rest, surl=surl.text)

    return options.run(parser, arguments, work)


def _of(session: Session, text: str, *kinds: str) -> Name:
    name = session.name(text)
    if name.kind not in kinds:
        raise DataError("EINVAL", text, f"this must be {' or '.join(kinds)}")
    return name
