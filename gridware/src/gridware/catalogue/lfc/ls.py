"""lfc-ls."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue.errors import DataError
from gridware.catalogue.lfc.listing import Entry, entries, long_line
from gridware.catalogue.lfc.options import Lfc, Parser, each, run
from gridware.program import program


@program
def main(arguments: Sequence[str]) -> int:
    parser = Parser("lfc-ls", "Lists directories and files of the catalogue.", "[OPTIONS] [PATH ...]")
    parser.add_argument("-d", action="store_true", dest="itself", help="directories themselves")
    parser.add_argument("-i", action="store_true", dest="number", help="number of each entry")
    parser.add_argument("-l", action="store_true", dest="long", help="long lines")
    parser.add_argument("-R", action="store_true", dest="recursive", help="directories below as well")
    parser.add_argument("-c", action="store_true", dest="made", help="when the entry was made")
    parser.add_argument("-u", action="store_true", help="taken, and shows times of change")
    parser.add_argument("-L", action="store_true", dest="follow", help="what a link leads to")
    parser.add_argument("-T", action="store_true", dest="replicas", help="replicas of files (implies -l)")
    parser.add_argument("--comment", action="store_true", help="comments")
    for old in ("--class", "--deleted", "--display_side", "--ds"):
        parser.add_argument(old, action="store_true", dest="old", help="taken and ignored")
    parser.add_argument("paths", nargs="*", metavar="PATH")
    found = parser.parse_args(arguments)
    return run(lambda lfc: _list(lfc, found, parser))


def _list(lfc: Lfc, found: argparse.Namespace, parser: Parser) -> int:
    home = lfc.session.environment.lfc_home
    if not found.paths and not home:
        parser.error("no path, and LFC_HOME is not set")
    paths = found.paths or [home]
    many = len(paths) > 1 or found.recursive
    return each(lfc, paths, lambda lfc, path: _show(lfc, found, path, many))


def _show(lfc: Lfc, found: argparse.Namespace, path: str, titled: bool) -> None:
    shown = entries(lfc.catalogue, path, itself=found.itself)
    directory = not (len(shown) == 1 and shown[0]["name"] == path)
    if titled and directory:
        print(f"\n{path}:")
    for entry in shown:
        print(_line(entry, found))
        if found.replicas and not entry["directory"]:
            _show_replicas(lfc, entry)
    if found.recursive and directory:
        for entry in shown:
            if entry["directory"] and not entry["target"]:
                _show(lfc, found, f"{path.rstrip('/')}/{entry['name']}", titled)


def _line(entry: Entry, found: argparse.Namespace) -> str:
    if found.follow:
        entry = {**entry, "target": ""}
    when = "made" if found.made else "changed"
    line = long_line(entry, when=when) if found.long or found.replicas else entry["name"]
    if found.number:
        line = f"{entry['id']:>20} {line}"
    return f"{line} {entry['comment']}".rstrip() if found.comment else line


def _show_replicas(lfc: Lfc, entry: Entry) -> None:
    try:
        for surl in lfc.catalogue.ask("file", file=f"guid:{entry['guid']}")["surls"]:
            print(f"  {surl}")
    except DataError as error:
        if error.code != "EACCES":
            raise
