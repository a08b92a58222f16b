"""lcg-infosites from its command line to its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence

from gridware.bdii.server import Bdii, BdiiError, addresses_of
from gridware.infosites import layout2, layout3
from gridware.infosites.grid import Grid
from gridware.infosites.options import HELP, NO_SELECTION, NO_VO, USAGE, Request, UsageError, layout_of, parse
from gridware.infosites.services import LATER_SERVICES, SERVICES
from gridware.program import piped

VERSION = "lcg-infosites 2.6.9 (Grid in a Box)"
NO_BDII = "LCG_GFAL_INFOSYS undefined and no BDII specified"

PERL_DIED = 255
"""What 2.x ended with when its command line was wrong."""


@piped
def main(arguments: Sequence[str]) -> int:
    """Run the command; the exit code is that of the version whose layout was asked for."""
    for words, text in (
        (("-h", "--help", "-help"), HELP),
        (("--usage",), USAGE),
        (("-V", "--version"), VERSION),
    ):
        if any(argument in words for argument in arguments):
            print(text)
            return 0
    layout = layout_of(arguments)
    try:
        request = parse(arguments)
        _check_verbosity(request)
        lines = _lines(request, _grid(request))
        for line in lines:
            print(line)
    except UsageError as error:
        return _usage_error(str(error), layout)
    except BdiiError as error:
        return _bdii_error(str(error), layout)
    return 0


def _usage_error(text: str, layout: int) -> int:
    """The two errors that 2.x knew come with its help text, as there (glite.md 1.1)."""
    if layout == 2 and text in (NO_VO, NO_SELECTION):
        print(HELP, flush=True)
        print(text, file=sys.stderr)
    else:
        print(f"lcg-infosites: {text}", file=sys.stderr)
    return 1 if layout == 3 else PERL_DIED


def _bdii_error(text: str, layout: int) -> int:
    """2.x ended with 0 here, and scripts of its time rely on it (glite.md 1.1)."""
    if layout == 3:
        print(f"lcg-infosites: no BDII could be contacted: {text}", file=sys.stderr)
        return 1
    print(f"Impossible the connection to this BDII: Error contacting ldap: {text}", file=sys.stderr)
    return 0


def _grid(request: Request) -> Grid:
    addresses = [request.bdii] if request.bdii else addresses_of(os.environ.get("LCG_GFAL_INFOSYS", ""))
    if not addresses:
        raise UsageError(NO_BDII)
    base = f"mds-vo-name={request.site},mds-vo-name=local,o=grid" if request.site else "o=grid"
    vo = request.vo or _vo_of_proxy()
    return Grid(Bdii(addresses, base), vo, wildcard=request.layout == 3)


def _vo_of_proxy() -> str:
    try:
        done = subprocess.run(["voms-proxy-info", "-vo"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UsageError("the VO could not be determined: the command voms-proxy-info is missing") from None
    vo = done.stdout.strip().partition("\n")[0]
    if not vo:
        raise UsageError("the VO could not be determined")
    return vo


def _check_verbosity(request: Request) -> None:
    allowed = (layout2 if request.layout == 2 else layout3).VERBOSITIES
    for selection in request.selections:
        levels = allowed.get(selection)
        if levels is not None and request.verbosity not in levels:
            known = ", ".join(map(str, levels))
            raise UsageError(f"-v {request.verbosity} does not exist for {selection}: use one of {known}")


def _lines(request: Request, grid: Grid) -> Iterator[str]:
    for selection in request.selections:
        yield from _later(selection, request, grid) if request.layout == 3 else _old(selection, request, grid)


def _old(selection: str, request: Request, grid: Grid) -> Iterator[str]:
    services = {**SERVICES, **LATER_SERVICES}
    if selection == "all":
        for part in ("ce", "se", "lrc", "rmc"):
            yield from _old(part, request, grid)
    elif selection in services:
        yield from layout2.services(grid, services[selection])
    elif selection in ("ce", "se"):
        yield from (layout2.ce if selection == "ce" else layout2.se)(grid, request.verbosity)
    elif selection == "space":
        yield from layout3.space(grid)
    else:
        yield from _PLAIN_OLD[selection](grid)


def _later(selection: str, request: Request, grid: Grid) -> Iterator[str]:
    services = {**SERVICES, **LATER_SERVICES}
    if selection == "all":
        for part in ("ce", "se"):
            yield from _later(part, request, grid)
    elif selection in services:
        yield from layout3.services(grid, services[selection], request.verbosity, request.trust)
    elif selection in _LEVELLED_LATER:
        yield from _LEVELLED_LATER[selection](grid, request.verbosity)
    else:
        yield from _PLAIN_LATER[selection](grid)


_PLAIN_OLD: dict[str, Callable[[Grid], Iterator[str]]] = {
    "closeSE": layout2.close_se,
    "tag": layout2.tag,
    "voview": layout2.voview,
    "sitenames": layout2.site_names,
}
_PLAIN_LATER: dict[str, Callable[[Grid], Iterator[str]]] = {
    "closeSE": layout3.close_se,
    "tag": layout3.tag,
    "space": layout3.space,
    "sitenames": layout3.site_names,
}
_LEVELLED_LATER: dict[str, Callable[[Grid, int], Iterator[str]]] = {
    "ce": layout3.ce,
    "se": layout3.se,
    "voview": layout3.voview,
}
