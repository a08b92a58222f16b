"""The layout of lcg-infosites 3.x (from 2011): rows are sorted."""

from __future__ import annotations

from collections.abc import Iterator

from gridware.infosites import layout2
from gridware.infosites.grid import ComputingElement, Grid, StorageArea, SubCluster
from gridware.infosites.services import Service

CE_HEADER = "#   CPU\t   Free\tTotal Jobs\tRunning\tWaiting\tComputingElement"
WORKER_ROW = "{:>8}\t{:<26}\t{:<16}\t{:<44}\t{}"
SE_ROW = "{:>16}{:>16}  {:<5}\t{}"
SE_HEADER = SE_ROW.format("Avail Space(kB)", "Used Space(kB)", "Type", "SE")
SPACE_ROW = "{:>9}\t{:>9}\t{:>9}\t{:>9}\t{:>9}\t{:>9}\t{:<20}\t{}"
SPACE_HEADER = SPACE_ROW.format("Free", "Used", "Reserved", "Free", "Used", "Reserved", "Tag", "SE")
SPACE_TITLE = SPACE_ROW.format(
    "Online", "Online", "Online", "Nearline", "Nearline", "Nearline", "", ""
).rstrip()

VERBOSITIES = {"ce": (0, 1, 2, 3, 4), "se": (0, 1, 4), "voview": (0, 1)}

_TYPES = (("srm", "SRM"), ("xroot", "xroot"), ("gsiftp", "gftp"))


def ce(grid: Grid, verbosity: int) -> Iterator[str]:
    ces = sorted(grid.computing_elements(), key=lambda ce: ce.id)
    if verbosity == 1:
        yield from (ce.id for ce in ces)
    elif verbosity in (2, 3):
        yield from _workers(grid, ces, verbosity)
    elif verbosity == 4:
        sites = grid.sites_of("Cluster")
        yield from _with_sites({ce.id: sites.get(ce.cluster, "-") for ce in ces}, "CE", 70, 75)
    else:
        yield CE_HEADER
        yield "-" * 64
        yield from map(_ce_row, ces)


def se(grid: Grid, verbosity: int) -> Iterator[str]:
    areas = sorted(grid.storage_areas(), key=lambda area: area.se)
    if verbosity == 1:
        yield from dict.fromkeys(area.se for area in areas)
    elif verbosity == 4:
        sites = grid.sites_of("SE")
        yield from _with_sites({area.se: sites.get(area.se, "-") for area in areas}, "SE", 50, 55)
    else:
        protocols = grid.protocols()
        yield SE_HEADER
        yield "-" * 42
        yield from (_se_row(area, protocols.get(area.se, set())) for area in areas)


def space(grid: Grid) -> Iterator[str]:
    """Free, used and reserved GB of each storage area."""
    yield SPACE_TITLE
    yield SPACE_HEADER
    yield "-" * 108
    for area in sorted(grid.storage_areas(), key=lambda area: (area.se, area.name)):
        online, nearline = zip(area.free_gb, area.used_gb, area.reserved_gb, strict=True)
        yield SPACE_ROW.format(*(size or "-" for size in online + nearline), area.name or "-", area.se)


def close_se(grid: Grid) -> Iterator[str]:
    yield from layout2.close_se(grid)


def tag(grid: Grid) -> Iterator[str]:
    yield from layout2.tag(grid)


def voview(grid: Grid, verbosity: int) -> Iterator[str]:
    """With ``-v 1`` only what ``ce`` shows as well."""
    if verbosity != 1:
        header, *rows = layout2.voview(grid)
        yield header
        yield from sorted(rows, key=lambda row: row.rpartition("\t")[2])
        return
    yield "Free\tTotal\tRunning\tWaiting\tQueue"
    for view in sorted(grid.vo_views(), key=lambda view: view.ce):
        yield f"{view.free}\t{view.total}\t{view.running}\t{view.waiting}\t{view.ce}"


def services(grid: Grid, service: Service, verbosity: int, trust: str = "") -> Iterator[str]:
    """Endpoints; with ``trust`` only those whose access rules name that host."""
    find = grid.open_services if service.for_all else grid.services
    found: dict[str, str] = {}
    for entry in find([service.type]):
        rules = " ".join(entry.all("GlueServiceAccessControlRule"))
        if trust.lower() in rules.lower():
            found[entry.one("GlueServiceEndpoint")] = entry.key("GlueForeignKey", "GlueSiteUniqueID") or "-"
    if verbosity == 4:
        yield from _with_sites(dict(sorted(found.items())), "Endpoint", 75, 80)
    else:
        yield from sorted(found)


def site_names(grid: Grid) -> Iterator[str]:
    yield from sorted(grid.site_names())


def _with_sites(sites: dict[str, str], title: str, width: int, rule: int) -> Iterator[str]:
    yield f"{title:<{width}} Site"
    yield "-" * rule
    yield from (f"{name:<{width}} {site}" for name, site in sites.items())


def _workers(grid: Grid, ces: list[ComputingElement], verbosity: int) -> Iterator[str]:
    """Sub-clusters with their OS version (2), or CEs with the OS release of each sub-cluster (3)."""
    subs = sorted(grid.sub_clusters(), key=lambda sub: sub.name)
    what = ("Version", "SubCluster") if verbosity == 2 else ("Release", "ComputingElement")
    yield WORKER_ROW.format("RAM (MB)", "Operating System", what[0], "Processor", what[1])
    yield "-" * 130
    if verbosity == 2:
        clusters = {ce.cluster for ce in ces}
        yield from (_worker_row(sub, sub.version, sub.name) for sub in subs if sub.cluster in clusters)
    else:
        pairs = ((ce, sub) for ce in ces for sub in subs if sub.cluster == ce.cluster)
        yield from (_worker_row(sub, sub.release, ce.id) for ce, sub in pairs)


def _worker_row(sub: SubCluster, version: str, name: str) -> str:
    return WORKER_ROW.format(sub.ram, sub.system, version, sub.processor, name)


def _ce_row(ce: ComputingElement) -> str:
    numbers = f"{ce.total_cpus:7d}\t{ce.free_cpus:7d}\t{ce.total_jobs:10d}\t{ce.running:7d}\t{ce.waiting:7d}"
    return f"{numbers}\t{ce.id}"


def _se_row(area: StorageArea, protocols: set[str]) -> str:
    type_ = next((name for key, name in _TYPES if any(key in protocol for protocol in protocols)), "-")
    return SE_ROW.format(area.available or "n.a", area.used or "n.a", type_, area.se)
