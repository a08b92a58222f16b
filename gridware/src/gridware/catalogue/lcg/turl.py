"""lcg-gt, lcg-getturls, lcg-sd and lcg-stmd: how a SURL is reached, and the end of using it."""

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
    parser = options.Parser("lcg-gt", "Prints the TURL of a SURL.", "[--vo VO] [-v] SURL PROTOCOL ...")
    parser.add_argument("-s", "--st", default="", help="ignored")
    parser.add_argument("surls", nargs=1, metavar="SURL", help="sfn://…")
    parser.add_argument("protocols", nargs="+", metavar="PROTOCOL", help="gsiftp, and others to choose from")
    return options.run(parser, arguments, _get_turls)


@program
def get_turls(arguments: Sequence[str]) -> int:
    """lcg-getturls: the same for several, a line each."""
    parser = options.Parser(
        "lcg-getturls", "Prints the TURLs of SURLs.", "-p PROTOCOL[,...] [--vo VO] [-v] SURL ..."
    )
    parser.add_argument("-s", "--st", default="", help="ignored")
    parser.add_argument(
        "-p", "--protocols", type=lambda text: text.split(","), required=True, help="gsiftp, and others"
    )
    parser.add_argument("surls", nargs="+", metavar="SURL", help="sfn://…")
    return options.run(parser, arguments, _get_turls)


def _get_turls(session: Session, found: argparse.Namespace) -> None:
    if not set(PROTOCOLS) & set(found.protocols):
        raise DataError("EPROTONOSUPPORT", ", ".join(found.protocols))
    for text in found.surls:
        _print_turl(session, text)


def _print_turl(session: Session, text: str) -> None:
    surl = session.name(text)
    if surl.kind != "surl":
        raise DataError("EINVAL", text, "write sfn://HOST/PATH")
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
