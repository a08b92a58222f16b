"""The layout of lcg-infosites 2.x (gLite 3.0 and 3.1): rows in the order of the server."""

from __future__ import annotations

from collections.abc import Iterator

from gridware.infosites.grid import ComputingElement, Grid, StorageArea, SubCluster
from gridware.infosites.services import Service

RULE = "-" * 58
CE_HEADER = "#CPU\tFree\tTotal Jobs\tRunning\tWaiting\tComputingElement"
WORKER_HEADER = "{:>1}{:>20}\t{:>15}\t{:>20}\t{:>15}".format(
    "RAMMemory", "Operating System", "System Version", "Processor", "Subcluster name"
)
SE_ROW = "{:<16}{:<16}{:<4}\t{}"
SE_HEADER = SE_ROW.format("Avail Space(Kb)", "Used Space(Kb)", "Type", "SEs")
VOVIEW_HEADER = "Running\tWaiting\tTotal\tFree\tResponseTime\tWorstResponseTime\tSE\tSWArea\tQueue"

VERBOSITIES = {"ce": (0, 1, 2), "se": (0, 1)}
"""What ``-v`` may be; other selections take no notice of it."""


def ce(grid: Grid, verbosity: int) -> Iterator[str]:
    ces = grid.computing_elements()
    if verbosity == 1:
        yield from (ce.id for ce in ces)
    elif verbosity == 2:
        hosts = {ce.host for ce in ces} | {ce.cluster for ce in ces}
        yield WORKER_HEADER
        yield "-" * 121
        yield from (_worker_row(sub) for sub in grid.sub_clusters() if sub.cluster in hosts)
    else:
        yield CE_HEADER
        yield RULE
        yield from map(_ce_row, ces)


def se(grid: Grid, verbosity: int) -> Iterator[str]:
    areas = grid.storage_areas()
    if verbosity == 1:
        yield from dict.fromkeys(area.se for area in areas)
    else:
        yield SE_HEADER
        yield RULE
        yield from map(_se_row, areas)


def close_se(grid: Grid) -> Iterator[str]:
    allowed = {area.se for area in grid.storage_areas()}
    groups = grid.close_ses()
    for ce in grid.computing_elements():
        yield f"Name of the CE: {ce.id}"
        if ce.id in groups:
            yield from (f"\t{se}" for se in groups[ce.id] if se in allowed)
            yield ""


def tag(grid: Grid) -> Iterator[str]:
    """The software tags that carry the VO's name, for each CE host that the VO may use."""
    hosts = dict.fromkeys(ce.cluster or ce.host for ce in grid.computing_elements())
    clusters = grid.sub_clusters()
    for host in hosts:
        yield f"Name of the CE: {host}"
        tags = (tag for sub in clusters if sub.cluster == host for tag in sub.tags)
        yield from (f"\t{tag}" for tag in tags if grid.vo.lower() in tag.lower())


def voview(grid: Grid) -> Iterator[str]:
    yield VOVIEW_HEADER
    for view in grid.vo_views():
        numbers = (view.running, view.waiting, view.total, view.free, view.response, view.worst_response)
        yield "\t".join([*map(str, numbers), view.se or "n.a", view.software or "n.a", view.ce])


def services(grid: Grid, service: Service) -> Iterator[str]:
    find = grid.open_services if service.for_all else grid.services
    for entry in find([service.type]):
        yield from entry.all(service.attribute)[:1]


def site_names(grid: Grid) -> Iterator[str]:
    yield from grid.site_names()


def _ce_row(ce: ComputingElement) -> str:
    numbers = f"{ce.total_cpus:4d}\t{ce.free_cpus:4d}\t{ce.total_jobs:4d}\t{ce.running:11d}\t{ce.waiting:4d}"
    return f"{numbers}\t{ce.id}"


def _worker_row(sub: SubCluster) -> str:
    return f"{sub.ram:7d}\t{sub.system:>22}\t{sub.version:>5}\t{sub.processor:>40}\t{sub.name:>35}"


def _se_row(area: StorageArea) -> str:
    return SE_ROW.format(_space(area.available), _space(area.used), "n.a", area.se)


def _space(size: str) -> str:
    """As 2.x showed it: what is missing and what is 0 look the same."""
    return size if size.strip("0") else "n.a"
