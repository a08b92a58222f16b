"""lcg-lr, lcg-lg and lcg-la: replicas, GUID and names of a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence

from gridware.catalogue import names, options
from gridware.catalogue.errors import DataError
from gridware.catalogue.session import Session
from gridware.program import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Known = dict[str, "Any"]


@program
def replicas(arguments: Sequence[str]) -> int:
    """lcg-lr."""
    return _list("lcg-lr", "Lists the replicas of a file.", arguments, lambda known: known["surls"])


@program
def guid(arguments: Sequence[str]) -> int:
    """lcg-lg."""
    return _list("lcg-lg", "Prints the GUID of a file.", arguments, lambda known: [f"guid:{known['guid']}"])


@program
def aliases(arguments: Sequence[str]) -> int:
    """lcg-la."""
    return _list(
        "lcg-la",
        "Lists the names of a file.",
        arguments,
        lambda known: (f"lfn:{lfn}" for lfn in known["lfns"]),
    )


def _list(name: str, does: str, arguments: Sequence[str], lines: Callable[[Known], Iterable[str]]) -> int:
    parser = options.Parser(name, does, "[--vo VO] [-v] FILE")
    parser.add_argument("file", help="lfn:, guid: or SURL")

    def work(session: Session, found: argparse.Namespace) -> None:
        file = session.name(found.file)
        if file.kind not in names.CATALOGUED:
            raise DataError("EINVAL", file.text, "write lfn:, guid: or sfn:")
        session.say(f"VO name: {session.vo}")
        for line in lines(session.catalogue.ask("file", file=file.text)):
            print(line)

    return options.run(parser, arguments, work)
