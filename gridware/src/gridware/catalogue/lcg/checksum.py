"""lcg-get-checksum: what the storage element, or for a local file this machine, computes of a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue import options
from gridware.catalogue.errors import DataError
from gridware.catalogue.lcg.cp import sources
from gridware.catalogue.session import Session
from gridware.program import program

TYPES = ("adler32", "md5")
"""Globus' GridFTP server computes these of the three that lcg_util knew; the first is the usual one."""
BLOCK = 1 << 20
"""Bytes read at once."""


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
        name = session.name(text if ":" in text else f"file:{text}")
        if name.kind == "file":
            value = of_local(name.path, found.checksum_type)
        else:
            value = session.mover.checksum(sources(session, name)[0], found.checksum_type)
        print(f"{value}\t{text}", flush=True)


def of_local(path: str, kind: str) -> str:
    """In hexadecimal digits; raises DataError for what can't be read."""
    import hashlib
    import zlib

    whole, sum_ = hashlib.md5(usedforsecurity=False), 1
    try:
        with open(path, "rb") as file:
            while block := file.read(BLOCK):
                whole.update(block)
                sum_ = zlib.adler32(block, sum_)
    except IsADirectoryError:
        raise DataError("EISDIR", path) from None
    return whole.hexdigest() if kind == "md5" else f"{sum_:08x}"
