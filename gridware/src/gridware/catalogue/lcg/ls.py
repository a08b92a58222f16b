"""lcg-ls: what is at a SURL or a name of the catalogue."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue import names, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.lcg.cp import sources
from gridware.catalogue.lfc.listing import entries, long_line
from gridware.catalogue.session import Session
from gridware.pattern import pattern
from gridware.program import program

_LONG = pattern(r"^(\S+\s+\d+\s+\S+\s+\S+\s+\d+\s+\w{3}\s+\d+\s+[\d:]+)\s(.+)$")


@program
def main(arguments: Sequence[str]) -> int:
    parser = options.Parser("lcg-ls", "Lists a directory, or a file.", "[-l] [-d] [--vo VO] [-v] NAME")
    parser.add_argument("-l", "--long", action="store_true", help="long lines")
    parser.add_argument("-d", "--directory", action="store_true", help="the directory itself")
    parser.add_argument("name", help="sfn:, gsiftp: or lfn:")
    return options.run(parser, arguments, _list)


def _list(session: Session, found: argparse.Namespace) -> None:
    name = session.name(found.name)
    if name.kind == "lfn":
        _list_names(session, name.rest, found)
    elif name.kind == "file":
        raise DataError("EPROTONOSUPPORT", name.text)
    else:
        for line in _stored(session, sources(session, name)[0], found):
            print(
                "".join(char if char.isprintable() else "?" for char in line)
            )  # names are anybody's to choose


def _list_names(session: Session, path: str, found: argparse.Namespace) -> None:
    for entry in entries(session.catalogue, path, itself=found.directory):
        shown = entry["name"] if entry["name"].startswith("/") else f"{path.rstrip('/')}/{entry['name']}"
        print(long_line({**entry, "name": f"lfn:{shown}"}) if found.long else f"lfn:{shown}")


def _stored(session: Session, turl: str, found: argparse.Namespace) -> list[str]:
    """Lines with whole paths, as lcg-ls has them."""
    top = names.path_of(turl).rstrip("/") or "/"
    if not session.mover.is_there(turl):
        raise DataError("ENOENT", turl)
    listing = session.mover.listing(turl, verbose=True)
    lines = {match[2]: match[1] for line in listing.splitlines() if (match := _LONG.match(line))}
    if "." not in lines:
        # A file: the server shows its name in one way or another.
        lines = {top: next(iter(lines.values()), "")}
    elif found.directory:
        lines = {top: lines["."]}
    else:
        lines = {
            f"{top.rstrip('/')}/{name}": lines[name] for name in sorted(lines) if name not in (".", "..")
        }
    return [f"{line} {path}" if found.long else path for path, line in lines.items()]
