"""What a job must say about its data: the rules of gLite, and what this site's catalogue takes."""

from __future__ import annotations

from gridware.jdl.ad import Ad, Value
from gridware.jdl.lexer import JdlError
from gridware.jdl.schema import texts
from gridware.pattern import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROTOCOLS = frozenset(["gsiftp", "gridftp", "file", "rfio", "https", "xroot", "root"])
CATALOGUES = frozenset(["DLI", "SI"])
"""DataCatalogType: two interfaces of one catalogue, here the VO's."""
_FILE = pattern(r"lfn:/\S.*|guid:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_LFN = pattern(r"lfn:/\S.*")
_WANTED = "lfn:/grid/<VO>/... or guid:<GUID>"


def data(ad: Ad) -> Iterator[JdlError]:
    """InputData, DataRequirements and the protocol that they need."""
    wanted = next((name for name in ("DataRequirements", "InputData") if ad.get(name)), None)
    if ad.get("InputData") and ad.get("DataRequirements"):
        yield JdlError(ad.line_of("InputData"), "InputData", "can't stand beside DataRequirements")
    if wanted and not ad.get("DataAccessProtocol"):
        yield JdlError(ad.line_of(wanted), wanted, "needs DataAccessProtocol as well")
    for word in texts(ad, "DataAccessProtocol"):
        if word.lower() not in PROTOCOLS:
            why = f"{word!r} is none; {', '.join(sorted(PROTOCOLS))} are"
            yield JdlError(ad.line_of("DataAccessProtocol"), "DataAccessProtocol", why)
    yield from _files(ad, "InputData")
    found = ad.get("DataRequirements")
    for item in found.value.items if found else ():
        yield from _requirement(item)


def output_data(ad: Ad) -> Iterator[JdlError]:
    """The files that are stored when the job has ended."""
    found = ad.get("OutputData")
    for item in found.value.items if found else ():
        content = item.content
        if not isinstance(content, Ad) or not isinstance(content.content("OutputFile"), str):
            yield JdlError(item.line, "OutputData", 'each item must be [ OutputFile = "..."; ]')
            continue
        lfn = content.content("LogicalFileName")
        if lfn is not None and (not isinstance(lfn, str) or not _LFN.fullmatch(lfn)):
            line = content.line_of("LogicalFileName")
            yield JdlError(
                line, "OutputData", f"LogicalFileName {lfn!r} is not of the form lfn:/grid/<VO>/..."
            )


def _requirement(item: Value) -> Iterator[JdlError]:
    """One of DataRequirements: ``[ InputData = {...}; DataCatalogType = "DLI"; ]``."""
    if not isinstance(item.content, Ad) or not item.content.get("InputData"):
        yield JdlError(item.line, "DataRequirements", "each item must be [ InputData = {...}; ]")
        return
    yield from _files(item.content, "InputData")
    kind = item.content.content("DataCatalogType")
    if kind is not None and str(kind).upper() not in CATALOGUES:
        line = item.content.line_of("DataCatalogType")
        yield JdlError(line, "DataCatalogType", f"{kind!r} is none; {', '.join(sorted(CATALOGUES))} are")


def _files(ad: Ad, name: str) -> Iterator[JdlError]:
    found = ad.get(name)
    for item in found.value.items if found else ():
        if not isinstance(item.content, str) or not _FILE.fullmatch(item.content):
            yield JdlError(item.line, name, f"{item} is no file of the catalogue: {_WANTED}")
