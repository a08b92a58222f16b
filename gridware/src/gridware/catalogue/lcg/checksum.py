"""lcg-get-checksum: what the storage element, or for a local file this machine, computes of a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue import digest, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.lcg.cp import sources
from gridware.catalogue.session import Session
from gridware.program import program

TYPES = ("adler32", "md5")
"""Globus' GridFTP server computes these of the three that lcg_util knew; the first is the usual one."""


@program
def main(arguments: Sequence[str]) -> int:
    parser = options.Parser(
        "lcg-get-checksum",
        "Prints the checksums of files: lfn:, guid:, sfn:, gsiftp: or file:.",
        "[--checksum-type TYPE] [--vo VO] [-v] FILE ...",
    )
    parser.add_argument("-f", "--force", action="store_true", help="ignored: all are computed anew")
    parser.add_argument(
        "--checksum-type", type=str.lower, choices=TYPES, default=TYPES[0], help=f"one of {', '.join(TYPES)}"
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    return options.run(parser, arguments, _print)


def _print(session: Session, found: argparse.Namespace) -> None:
    for text in found.files:
        name = session.file_or_name(text)
        if name.kind == "file":
            value = _of_local(name.path, found.checksum_type)
        else:
            value = session.mover.checksum(sources(session, name)[0], found.checksum_type)
        print(f"{value}\t{text}", flush=True)


def _of_local(path: str, kind: str) -> str:
    try:
        return digest.of_file(path, kind)
    except IsADirectoryError:
        raise DataError("EISDIR", path) from None
