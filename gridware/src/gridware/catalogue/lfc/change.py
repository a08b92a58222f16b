"""lfc-mkdir, lfc-rm, lfc-rename, lfc-chmod, lfc-chown, lfc-ln and comments."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from gridware.catalogue.errors import DataError
from gridware.catalogue.lfc import mode
from gridware.catalogue.lfc.listing import entries
from gridware.catalogue.lfc.options import Lfc, Parser, each, run
from gridware.program import program


@program
def mkdir(arguments: Sequence[str]) -> int:
    """lfc-mkdir."""
    parser = Parser("lfc-mkdir", "Makes directories in the catalogue.", "[-m MODE] [-p] PATH ...")
    parser.add_argument("-m", dest="mode", default="", help="mode, as for chmod")
    parser.add_argument(
        "-p", action="store_true", dest="parents", help="those above as well; no error if there"
    )
    parser.add_argument("paths", nargs="+", metavar="PATH")
    found = parser.parse_args(arguments)

    os.umask(umask := os.umask(0))
    bits = 0o777 & ~umask
    if found.mode:
        bits = mode.changed(found.mode, bits, directory=True)

    def make(lfc: Lfc, path: str) -> None:
        lfc.catalogue.ask("mkdir", path=path, mode=bits, parents=found.parents)

    return run(lambda lfc: each(lfc, found.paths, make, "cannot create {}".format))


@program
def rm(arguments: Sequence[str]) -> int:
    """lfc-rm."""
    parser = Parser(
        "lfc-rm", "Removes names of the catalogue; files must have no replica.", "[-f] [-i] [-r] PATH ..."
    )
    parser.add_argument("-f", action="store_true", dest="force", help="no word about what is not there")
    parser.add_argument("-i", action="store_true", dest="ask", help="ask before each")
    parser.add_argument("-r", "-R", action="store_true", dest="recursive", help="directories with all below")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    found = parser.parse_args(arguments)
    return run(lambda lfc: each(lfc, found.paths, lambda lfc, path: _rm(lfc, path, found)))


def _rm(lfc: Lfc, path: str, found: argparse.Namespace) -> None:
    try:
        entry = lfc.catalogue.ask("stat", path=path)
    except DataError as error:
        if found.force and error.code == "ENOENT":
            return
        raise
    directory = entry["directory"] and not entry["target"]  # of a link the name goes, and nothing else
    if directory and not found.recursive:
        raise DataError("EISDIR", path)
    if directory:
        for below in entries(lfc.catalogue, path):
            _rm(lfc, f"{path.rstrip('/')}/{below['name']}", found)
    if not found.ask or input(f"lfc-rm: remove {path}? ").lower().startswith("y"):
        lfc.catalogue.ask("remove", path=path)


@program
def rename(arguments: Sequence[str]) -> int:
    """lfc-rename."""
    parser = Parser("lfc-rename", "Gives a file or a directory another name.", "OLD NEW")
    parser.add_argument("old")
    parser.add_argument("new")
    found = parser.parse_args(arguments)

    def work(lfc: Lfc, path: str) -> None:
        lfc.catalogue.ask("rename", old=path, new=lfc.path(found.new))

    return run(lambda lfc: each(lfc, [found.old], work, lambda _: f"cannot rename to {lfc.path(found.new)}"))


@program
def chmod(arguments: Sequence[str]) -> int:
    """lfc-chmod."""
    parser = Parser("lfc-chmod", "Changes the mode of entries.", "[-R] MODE PATH ...")
    parser.add_argument("-R", action="store_true", dest="recursive", help="everything below as well")
    parser.add_argument("mode", help="octal, or as in u+rw,go-w")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    found, rest = parser.parse_known_args(_sign_safe(arguments))
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")

    def work(lfc: Lfc, path: str) -> None:
        entry = lfc.catalogue.ask("stat", path=path)
        bits = mode.changed(found.mode.strip(), entry["mode"], directory=entry["directory"])
        lfc.catalogue.ask("chmod", path=path, mode=bits)
        for below in entries(lfc.catalogue, path) if found.recursive and entry["directory"] else ():
            if not below["target"]:
                work(lfc, f"{path.rstrip('/')}/{below['name']}")

    return run(lambda lfc: each(lfc, found.paths, work))


def _sign_safe(arguments: Sequence[str]) -> list[str]:
    """``-w`` as a mode is no option."""
    return [
        f" {word}" if word[:1] == "-" and set(word[1:]) <= set("rwx") and word != "-" else word
        for word in arguments
    ]


@program
def chown(arguments: Sequence[str]) -> int:
    """lfc-chown."""
    parser = Parser("lfc-chown", "Gives entries to another user or group.", "[USER][:GROUP] PATH ...")
    parser.add_argument("who", help="DN or number, and group")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    found = parser.parse_args(arguments)
    user, _, group = found.who.partition(":")

    def work(lfc: Lfc, path: str) -> None:
        lfc.catalogue.ask("chown", path=path, user=user, group=group)

    return run(lambda lfc: each(lfc, found.paths, work))


@program
def ln(arguments: Sequence[str]) -> int:
    """lfc-ln."""
    parser = Parser("lfc-ln", "Gives a file or a directory one more name.", "-s FILE|DIRECTORY NAME")
    parser.add_argument("-s", action="store_true", help="every link is a symbolic one")
    parser.add_argument("file")
    parser.add_argument("name")
    found = parser.parse_args(arguments)

    def work(lfc: Lfc, path: str) -> None:
        lfc.catalogue.ask("alias", file=f"lfn:{path}", lfn=lfc.path(found.name))

    return run(lambda lfc: each(lfc, [found.file], work))


@program
def set_comment(arguments: Sequence[str]) -> int:
    """lfc-setcomment."""
    parser = Parser("lfc-setcomment", "Writes a comment to an entry.", "PATH COMMENT")
    parser.add_argument("path")
    parser.add_argument("comment")
    found = parser.parse_args(arguments)

    def work(lfc: Lfc, path: str) -> None:
        lfc.catalogue.ask("comment", path=path, comment=found.comment)

    return run(lambda lfc: each(lfc, [found.path], work))


@program
def delete_comment(arguments: Sequence[str]) -> int:
    """lfc-delcomment."""
    parser = Parser("lfc-delcomment", "Removes the comments of entries.", "PATH ...")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    found = parser.parse_args(arguments)

    def work(lfc: Lfc, path: str) -> None:
        lfc.catalogue.ask("comment", path=path, comment="")

    return run(lambda lfc: each(lfc, found.paths, work))
