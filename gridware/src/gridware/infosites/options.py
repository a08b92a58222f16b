"""The command line of lcg-infosites."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gridware.infosites.services import LATER_SERVICES, SERVICES
from gridware.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

OLD_SELECTIONS = ("ce", "se", "closeSE", "tag", *SERVICES, "sitenames", "voview", "all")
LATER_SELECTIONS = ("space", *LATER_SERVICES)

NO_VO = "You have not introduced the VO name or the --vo flag, please do it again"
NO_SELECTION = "You have not introduced the correct option name, please do it again"

USAGE = "Usage: lcg-infosites --vo VO [-v LEVEL] [-f SITE] OPTION [-h|--help] [--is BDII]"
HELP = f"""{USAGE}

Lists what a VO can use, as the information system (BDII) knows it.

OPTION is one of
  ce          computing elements: CPUs, free CPUs, jobs in all, running, waiting
                -v 1: only the names; -v 2: memory, system and processor of the worker nodes
  se          storage elements: available and used space; -v 1: only the names
  closeSE     the storage elements close to each computing element
  tag         the VO's software tags on each computing element
  voview      each computing element as the VO sees it
  wms rb lb lfc lfcLocal lrc rmc dli dliLocal fts vobox gridice
              the services of that kind, one a line
  sitenames   the sites
  all         ce, se, lrc and rmc
  bdii_site bdii_top cream lcg-ce myproxy space voms voms-admin
              came with version 3

  --vo VO     whose resources to list
  -v LEVEL    more or less detail, see above
  -f SITE     only what this site publishes
  --is BDII   the BDII to ask, host or host:port; else those in LCG_GFAL_INFOSYS are tried in turn
  --layout 3  options and output as in version 3: sorted, --vo taken from the proxy, ce -v 3|4, se -v 4
  --trust HOST  with --layout 3 and myproxy: only servers that trust HOST to renew proxies
  -h, --help  this text; --usage: its first line; -V, --version: the version"""


class UsageError(Exception):
    """The command line can't be understood."""


class Request(NamedTuple):
    """What was asked."""

    selections: tuple[str, ...]
    vo: str
    site: str
    bdii: str
    verbosity: int
    layout: int
    trust: str


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if message.startswith("argument --vo"):
            raise UsageError(NO_VO)
        message = message.replace("invalid int value:", "not a number:")
        raise UsageError(message.replace("unrecognized arguments:", "unknown option:"))


def layout_of(arguments: Sequence[str]) -> int:
    """The layout asked for, also where the rest of the line is wrong."""
    return 3 if "--layout 3" in " ".join(arguments).replace("--layout=", "--layout ") else 2


def parse(arguments: Sequence[str]) -> Request:
    """Raises UsageError with the text that version 2.x or 3.x had for it."""
    found = _parser().parse_args(arguments)
    if found.layout == 2 and not found.vo:
        raise UsageError(NO_VO)
    return Request(
        selections=_selections(found.selections, found.layout),
        vo=found.vo,
        site=found.site,
        bdii=found.bdii,
        verbosity=found.verbosity,
        layout=found.layout,
        trust=found.trust,
    )


def _parser() -> _Parser:
    parser = _Parser(prog="lcg-infosites", add_help=False, allow_abbrev=False)
    parser.add_argument("--vo", "-vo", default="")
    parser.add_argument("-v", dest="verbosity", type=int, default=0)
    parser.add_argument("-f", dest="site", default="")
    parser.add_argument("--is", "-is", dest="bdii", default="")
    parser.add_argument("--trust", default="")
    parser.add_argument("--layout", type=int, choices=(2, 3), default=2)
    parser.add_argument("selections", nargs="*")
    return parser


def _selections(words: Sequence[str], layout: int) -> tuple[str, ...]:
    """The selections in their own spelling; version 2.x took one of them."""
    names = {name.lower(): name for name in (*OLD_SELECTIONS, *LATER_SELECTIONS)}
    unknown = [word for word in words if word.lower() not in names]
    if layout == 3:
        if not words:
            raise UsageError("no selection; lcg-infosites --help lists them")
        if unknown:
            raise UsageError(f"unknown selection: {unknown[0]}")
    elif unknown or len(words) != 1:
        raise UsageError(NO_SELECTION)
    return tuple(names[word.lower()] for word in words)
