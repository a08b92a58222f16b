"""lcg-info from its command line to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from gridware.bdii.server import Bdii, BdiiError, addresses_of
from gridware.lcginfo import options
from gridware.lcginfo.attributes import ATTRIBUTES
from gridware.lcginfo.options import Options, UsageError
from gridware.lcginfo.records import QueryError, Record, gather, matching
from gridware.program import piped

USAGE = (
    "Usage: lcg-info --list-attrs\n"
    "       lcg-info --list-ce|--list-se|--list-service|--list-site [--bdii HOST[:PORT]] [--vo VO]\n"
    "                [--query 'ATTR=VALUE,...'] [--attrs 'ATTR,...'] [--sed] [--timeout SECONDS] [--debug]"
)
HELP = f"""{USAGE}

Lists CEs, SEs, services or sites and the attributes asked for; an attribute that is not published is shown as
_UNDEF_. Options may have one dash, and be cut short while they are clear.

  --list-attrs   the names of the attributes and what they are in GLUE
  --query        conditions that must all hold: =, >= or <=; * stands for any text
  --vo           what a VO may use: its name, VO:name, or VOMS: and an FQAN
  --sed          for scripts: one line each, id and attributes between %, several values between &
  --bdii         the BDII to ask; else those in LCG_GFAL_INFOSYS are tried in turn
  --timeout      seconds for a BDII to answer
  --debug        say which BDIIs are asked"""

UNDEFINED = "_UNDEF_"


@piped
def main(arguments: Sequence[str]) -> int:
    """0: done; 1: wrong arguments or no answer, with the reason on standard error."""
    try:
        call = options.parse(arguments)
        if call.flags & {"help", "usage"}:
            print(HELP if "help" in call.flags else USAGE)
            return 0
        for line in _records(call) if call.kind else _attribute_table():
            print(line)
    except (UsageError, QueryError, BdiiError) as error:
        print(f"lcg-info: {error}", file=sys.stderr)
        return 1
    return 0


def _attribute_table() -> Iterator[str]:
    yield f"{'Attribute name':<20}{'Glue object':<24}Glue attribute name"
    yield ""
    for attributes in ATTRIBUTES.values():
        for attribute in attributes:
            yield f"{attribute.name:<20}{attribute.object:<24}{attribute.glue}"


def _records(call: Options) -> Iterator[str]:
    kind, vo = call.kind, call.get("vo")
    attributes = {attribute.name: attribute for attribute in ATTRIBUTES[kind]}
    wanted = [name.strip() for name in call.get("attrs").split(",") if name.strip()]
    for name in wanted:
        _check(name, kind)
    addresses = addresses_of(call.get("bdii") or os.environ.get("LCG_GFAL_INFOSYS", ""))
    if not addresses:
        raise UsageError("LCG_GFAL_INFOSYS is not set and there is no --bdii")
    named = [name for name in attributes if name in wanted or f"{name}=" in call.get("query")]
    of_vo = [name for name in named if attributes[name].of_vo]
    if of_vo and not vo:
        raise UsageError(f"{of_vo[0]} is what a VO sees: say --vo VO")
    if "debug" in call.flags:
        print(f"lcg-info: asking {', '.join(addresses)}", file=sys.stderr)
    bdii = Bdii(addresses, seconds=float(call.get("timeout") or 0))
    for record in matching(gather(bdii, kind, vo), call.get("query"), attributes):
        shown = [_script_line(record, wanted)] if "sed" in call.flags else _paragraph(record, kind, wanted)
        yield from shown


def _check(name: str, kind: str) -> None:
    """Raises UsageError for a name that nothing has, or something else."""
    if name not in (attribute.name for attribute in ATTRIBUTES[kind]):
        other = next((of for of in ATTRIBUTES if any(each.name == name for each in ATTRIBUTES[of])), "")
        where = f"{name} is an attribute of another list (--list-{other.lower()})"
        raise UsageError(where if other else f"unknown attribute: {name}; lcg-info --list-attrs lists them")


def _paragraph(record: Record, kind: str, wanted: Sequence[str]) -> Iterator[str]:
    """The record as a person reads it: a value a line, names only once."""
    yield f"- {kind}: {_id(record)}"
    for name in wanted:
        first, *rest = record[name] or [UNDEFINED]
        yield f"  - {name:<20}{first}"
        yield from (f"    {'':<20}{value}" for value in rest)
    yield ""


def _script_line(record: Record, wanted: Sequence[str]) -> str:
    return "%".join([_id(record), *("&".join(record[name] or [UNDEFINED]) for name in wanted)])


def _id(record: Record) -> str:
    """The first attribute of each kind is its id."""
    return next(iter(record.values()))[0]
