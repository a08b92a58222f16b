"""lcg-del: remove copies of files, and a file's entry in the catalogue with the last."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue import intent, names, options
from gridware.catalogue.errors import CatalogueSilentError, DataError
from gridware.catalogue.lcg.cr import remove
from gridware.catalogue.names import Name
from gridware.catalogue.session import Session, warn
from gridware.program import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NEVER_REACHED = ("ECONNREFUSED", "SENOSHOST")
"""Errors after which a storage element can't have done anything."""
LATER = "nobody knows whether it is deleted; its storage element's clean-up will delete it and the entry"


@program
def main(arguments: Sequence[str]) -> int:
    parser = options.Parser(
        "lcg-del",
        "Removes a SURL, the replica on one storage element (-s), or all replicas (-a).",
        "[-a | -s SE] [--nolfc] [-t SECONDS] [--vo VO] [-v] FILE ...",
    )
    parser.add_argument("-a", "--all", action="store_true", help="all replicas, and the file's names")
    parser.add_argument("-s", "--se", default="", help="the replica on this storage element")
    parser.add_argument("--nolfc", action="store_true", help="the SURL's file alone, not the catalogue")
    parser.add_argument(
        "-f", "--force", action="store_true", help="forget replicas whose file can't be removed"
    )
    parser.add_argument("files", nargs="+", metavar="file", help="lfn:, guid: or SURL")
    return options.run(parser, arguments, _delete)


def _delete(session: Session, found: argparse.Namespace) -> None:
    """One that can't be deleted keeps no other."""
    failed: list[DataError] = []
    for text in found.files:
        try:
            failed += _delete_file(session, found, session.name(text))
        except CatalogueSilentError:
            raise
        except DataError as error:
            failed.append(error)
    if failed:
        for each in failed[:-1]:
            warn(str(each))
        raise failed[-1]


def _delete_file(session: Session, found: argparse.Namespace, name: Name) -> list[DataError]:
    """What went wrong with single replicas is returned."""
    if name.kind not in names.CATALOGUED:
        raise DataError("EINVAL", name.text, "write lfn:, guid: or sfn:")
    if found.nolfc:
        if name.kind != "surl":
            raise DataError("EINVAL", name.text, "--nolfc needs a SURL")
        session.mover.unlink(session.turl(name.text))
        return []
    session.say_catalogue()
    session.say(f"VO name: {session.vo}")
    known = session.catalogue.ask("file", file=name.text)
    if not known["surls"] and found.all:
        session.catalogue.ask("forget", file=f"guid:{known['guid']}")
        return []
    return [
        error for surl in _wanted(found, name, known) if (error := _delete_one(session, found, known, surl))
    ]


def _wanted(found: argparse.Namespace, name: Name, known: dict[str, Any]) -> list[str]:
    surls: list[str] = known["surls"]
    if found.all:
        return surls
    if found.se:
        there = [surl for surl in surls if names.host_of(surl) == found.se.lower()]
        if not there:
            raise DataError("ENOENT", name.text, f"there is no replica on {found.se}")
        return there
    if name.kind != "surl":
        raise DataError("EINVAL", name.text, "use -a for all replicas, or -s SE for one")
    return [name.text]


def _delete_one(
    session: Session, found: argparse.Namespace, known: dict[str, Any], surl: str
) -> DataError | None:
    """Remove a replica, file first; what went wrong is returned, so that others go all the same."""
    try:
        turl = session.turl(surl)
        with intent.noted(
            session.catalogue, intent.DELETE, known["guid"], surl, undo=lambda: _check_kept(session, turl)
        ) as noted:
            try:
                remove(session, turl)
            except DataError as error:
                if not found.force:
                    noted.untouched = error.code in NEVER_REACHED
                    raise
            noted.commit()
    except DataError as error:
        return error
    session.say(f"{surl} is deleted")
    session.say(f"{surl} is unregistered")
    return None


def _check_kept(session: Session, turl: str) -> None:
    """Nothing is to be undone while the file is there; raises DataError if it is gone or nobody knows."""
    try:
        kept = session.new_mover().is_there(turl)
    except DataError:
        warn(f"{turl}: {LATER}")
        raise
    if not kept:
        raise DataError("ENOENT", turl)
