"""lfc-getacl and lfc-setacl."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.catalogue.lfc.options import Lfc, Parser, each, run
from gridware.pattern import pattern
from gridware.program import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A DN may hold commas; a new entry begins with a word and a colon.
_BETWEEN = pattern(r",(?=(?:d:|default:)?(?:u|user|g|group|m|mask|o|other):)")
_PERMITS = pattern(r":[-rwx0-7]{1,3}$")


@program
def getacl(arguments: Sequence[str]) -> int:
    """lfc-getacl."""
    parser = Parser("lfc-getacl", "Shows who may do what with entries.", "[-a] [-d] PATH ...")
    parser.add_argument("-a", action="store_true", dest="access", help="no default entries")
    parser.add_argument("-d", action="store_true", dest="default", help="default entries only")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    found = parser.parse_args(arguments)

    def work(lfc: Lfc, path: str) -> None:
        print("\n".join(lines(path, lfc.catalogue.ask("getacl", path=path), found)))

    return run(lambda lfc: each(lfc, found.paths, work))


def lines(path: str, acl: dict[str, Any], found: argparse.Namespace) -> list[str]:
    """The list as the LFC printed it."""
    shown = [f"# file: {path}", f"# owner: {acl['owner']}", f"# group: {acl['group']}"]
    for default, kind, name, bits in acl["entries"]:
        if (default and found.access) or (not default and found.default):
            continue
        line = f"{'default:' * default}{kind}:{name}:{_rwx(bits)}"
        masked = not default and (kind == "group" or (kind == "user" and name))
        shown.append(f"{line}\t\t#effective:{_rwx(bits & acl['mask'])}" if masked else line)
    return shown


@program
def setacl(arguments: Sequence[str]) -> int:
    """lfc-setacl."""
    parser = Parser(
        "lfc-setacl", "Changes who may do what with entries.", "{-d | -m | -s} ENTRY[,ENTRY...] PATH ..."
    )
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("-d", dest="delete", metavar="ENTRIES", help="remove entries")
    how.add_argument("-m", dest="modify", metavar="ENTRIES", help="add or change entries")
    how.add_argument("-s", dest="set", metavar="ENTRIES", help="these entries and no others")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    found = parser.parse_args(arguments)
    entries = _BETWEEN.split(found.delete or found.modify or found.set)
    if found.delete:
        # Permissions may be left out there.
        asked: dict[str, Any] = {"remove": [e if _PERMITS.search(e) else f"{e}:0" for e in entries]}
    else:
        asked = {"set": entries, "replace": bool(found.set)}

    def work(lfc: Lfc, path: str) -> None:
        lfc.catalogue.ask("setacl", path=path, **asked)

    return run(lambda lfc: each(lfc, found.paths, work))


def _rwx(bits: int) -> str:
    return "".join(letter if bits & value else "-" for letter, value in (("r", 4), ("w", 2), ("x", 1)))
