"""lcg-gt, lcg-sd and lcg-stmd: how a SURL is reached, and the end of using it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue import names, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.session import Session
from gridware.program import program

PROTOCOLS = ("gsiftp",)


@program
def get_turl(arguments: Sequence[str]) -> int:
    """lcg-gt: for classic storage one line, the TURL."""
    parser = options.Parser("lcg-gt", "Prints the TURL of a SURL.", "[--vo VO] [-v] SURL PROTOCOL")
    parser.add_argument("surl", help="sfn://…")
    parser.add_argument("protocol", help="gsiftp")
    return options.run(parser, arguments, _get_turl)


def _get_turl(session: Session, found: argparse.Namespace) -> None:
    surl = session.name(found.surl)
    if surl.kind != "surl":
        raise DataError("EINVAL", found.surl, "write sfn://HOST/PATH")
    if found.protocol not in PROTOCOLS:
        raise DataError("EPROTONOSUPPORT", found.protocol)
    turl = session.turl(surl.text)
    if not session.mover.is_there(turl):
        raise DataError("ENOENT", surl.text)
    print(turl)


@program
def set_done(arguments: Sequence[str]) -> int:
    """lcg-sd: classic storage keeps no requests, so there is nothing to end."""
    parser = options.Parser(
        "lcg-sd", "Ends a request of lcg-gt.", "[--vo VO] [-v] SURL REQUEST [FILE] [TOKEN]"
    )
    parser.add_argument("surl")
    parser.add_argument("request", nargs="*")
    return options.run(parser, arguments, lambda session, found: _check(session, found.surl))


@program
def space_tokens(arguments: Sequence[str]) -> int:
    """lcg-stmd: classic storage has no space tokens."""
    parser = options.Parser(
        "lcg-stmd", "Prints space tokens.", "[-s TOKEN | -d DESCRIPTION] -e ENDPOINT [--vo VO]"
    )
    parser.add_argument("-s", "--st", default="")
    parser.add_argument("-d", "--desc", default="")
    parser.add_argument("-e", "--endpoint", default="")

    def work(_session: Session, found: argparse.Namespace) -> None:
        raise DataError("EPROTONOSUPPORT", found.endpoint, "classic storage has no space tokens")

    return options.run(parser, arguments, work)


def _check(session: Session, text: str) -> None:
    if session.name(text).kind not in ("surl", "gsiftp"):
        raise DataError("EINVAL", text, f"write sfn://HOST/PATH, not {names.parse(text).kind}:")
