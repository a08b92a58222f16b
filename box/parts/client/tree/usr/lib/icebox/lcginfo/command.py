"""lcg-info from its command line to its exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from bdii.server import Bdii, BdiiError, addresses_of

from lcginfo.attributes import CE_ATTRIBUTES, SE_ATTRIBUTES
from lcginfo.records import QueryError, Record, attributes_of, gather, matching

USAGE = (
    "Usage: lcg-info --list-attrs\n"
    "       lcg-info --list-ce|--list-se [--bdii HOST[:PORT]] [--vo VO] [--query 'ATTR=VALUE,...']"
    " [--attrs 'ATTR,...'] [--sed]"
)
HELP = f"""{USAGE}

Lists CEs or SEs and the attributes asked for; an attribute that is not published is shown as _UNDEF_.

  --list-attrs   the names of the attributes and what they are in GLUE
  --query        conditions that must all hold: =, >= or <=; * stands for any text
  --sed          for scripts: one line each, id and attributes between %, several values between &
  --bdii         the BDII to ask; else those in LCG_GFAL_INFOSYS are tried in turn"""

UNDEFINED = "_UNDEF_"


class UsageError(Exception):
    """The command line can't be understood."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def main(arguments: Sequence[str]) -> int:
    """0: done; 1: wrong arguments or no answer, with the reason on standard error."""
    try:
        options = _parse(arguments)
        if options.help or options.usage:
            print(HELP if options.help else USAGE)
            return 0
        for line in _attribute_table() if options.list_attrs else _records(options):
            print(line)
    except (UsageError, QueryError, BdiiError) as error:
        print(f"lcg-info: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog="lcg-info", add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--usage", action="store_true")
    parser.add_argument("--list-attrs", action="store_true")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list-ce", dest="kind", action="store_const", const="CE")
    what.add_argument("--list-se", dest="kind", action="store_const", const="SE")
    for option in ("--bdii", "--vo", "--query", "--attrs"):
        parser.add_argument(option, default="")
    parser.add_argument("--sed", action="store_true")
    options = parser.parse_args(arguments)
    if not (options.kind or options.list_attrs or options.help or options.usage):
        raise UsageError("say --list-ce, --list-se or --list-attrs; lcg-info --help tells more")
    return options


def _attribute_table() -> Iterator[str]:
    yield f"{'Attribute name':<20}{'Glue object':<24}Glue attribute name"
    yield ""
    for attribute in (*CE_ATTRIBUTES, *SE_ATTRIBUTES):
        yield f"{attribute.name:<20}{attribute.object:<24}{attribute.glue}"


def _records(options: argparse.Namespace) -> Iterator[str]:
    kind: str = options.kind
    known = [attribute.name for attribute in attributes_of(kind)]
    wanted = [name.strip() for name in options.attrs.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UsageError(f"unknown attribute: {unknown[0]}; lcg-info --list-attrs lists them")
    addresses = addresses_of(options.bdii or os.environ.get("LCG_GFAL_INFOSYS", ""))
    if not addresses:
        raise UsageError("LCG_GFAL_INFOSYS is not set and there is no --bdii")
    records = matching(gather(Bdii(addresses), kind, options.vo), options.query, known)
    for record in records:
        yield from [_script_line(record, kind, wanted)] if options.sed else _paragraph(record, kind, wanted)


def _paragraph(record: Record, kind: str, wanted: Sequence[str]) -> Iterator[str]:
    """The record as a person reads it: a value a line, names only once."""
    yield f"- {kind}: {record[kind][0]}"
    for name in wanted:
        first, *rest = record[name] or [UNDEFINED]
        yield f"  - {name:<16}{first}"
        yield from (f"    {'':<16}{value}" for value in rest)
    yield ""


def _script_line(record: Record, kind: str, wanted: Sequence[str]) -> str:
    return "%".join([record[kind][0], *("&".join(record[name] or [UNDEFINED]) for name in wanted)])
