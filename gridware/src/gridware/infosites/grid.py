"""What a GLUE 1.3 information system says about a VO's resources, as small records."""

from __future__ import annotations

from collections.abc import Iterable

from gridware.bdii.server import Bdii, literal
from gridware.ldif import Entry
from gridware.tuples import NamedTuple


class ComputingElement(NamedTuple):
    """A batch queue behind a gatekeeper; numbers that are not published are 0."""

    id: str
    cluster: str
    total_cpus: int
    free_cpus: int
    total_jobs: int
    running: int
    waiting: int

    @property
    def host(self) -> str:
        return self.id.partition(":")[0]


class SubCluster(NamedTuple):
    """Worker nodes of one make."""

    name: str
    cluster: str
    ram: int
    """Memory in MB."""
    system: str
    release: str
    version: str
    processor: str
    tags: tuple[str, ...]


class StorageArea(NamedTuple):
    """The part of an SE that a VO may fill; sizes in kB as published, "" if they are not."""

    se: str
    available: str
    used: str
    free_gb: tuple[str, str]
    """Free, online and nearline."""
    used_gb: tuple[str, str]
    reserved_gb: tuple[str, str]
    name: str


class VoView(NamedTuple):
    """A queue as one VO sees it; response times in seconds."""

    ce: str
    running: int
    waiting: int
    total: int
    free: int
    response: int
    worst_response: int
    se: str
    software: str


class Grid:
    """The information system, asked for what one VO may use."""

    def __init__(self, bdii: Bdii, vo: str, *, wildcard: bool = False) -> None:
        """With ``wildcard`` a ``*`` in ``vo`` stands for any text."""
        self._bdii = bdii
        self.vo = vo
        self._word = literal(vo).replace(r"\2a", "*") if wildcard else literal(vo)

    def computing_elements(self) -> list[ComputingElement]:
        rule = self._any("GlueServiceAccessControlBaseRule", "GlueCEAccessControlBaseRule")
        query = f"(&(objectClass=GlueCE){rule})"
        return [_computing_element(entry) for entry in self._bdii.search(query, _CE_ATTRIBUTES)]

    def sub_clusters(self) -> list[SubCluster]:
        return [_sub_cluster(entry) for entry in self._bdii.search("(objectClass=GlueSubCluster)")]

    def storage_areas(self) -> list[StorageArea]:
        rule = "GlueSAAccessControlBaseRule"
        query = f"(&(objectClass=GlueSA)(|({rule}=VO:{self._word})({rule}={self._word})))"
        return [_storage_area(entry) for entry in self._bdii.search(query)]

    def close_ses(self) -> dict[str, list[str]]:
        """The SEs bound to each CE that has a bind group, whoever may use them."""
        entries = self._bdii.search("(objectClass=GlueCESEBindGroup)")
        return {
            entry.one("GlueCESEBindGroupCEUniqueID"): entry.all("GlueCESEBindGroupSEUniqueID")
            for entry in entries
        }

    def vo_views(self) -> list[VoView]:
        query = f"(&(objectClass=GlueVOView)(GlueCEAccessControlBaseRule=VO:{self._word}))"
        return [_vo_view(entry) for entry in self._bdii.search(query)]

    def services(self, kinds: Iterable[str]) -> list[Entry]:
        """Services of the given types that the VO may use."""
        types = "".join(f"(GlueServiceType={literal(kind)})" for kind in kinds)
        rules = (
            f"(GlueServiceAccessControlBaseRule=VO:{self._word})(GlueServiceAccessControlRule={self._word})"
        )
        return self._bdii.search(f"(&(objectClass=GlueService)(|{types})(|{rules}))")

    def open_services(self, kinds: Iterable[str]) -> list[Entry]:
        """Services of the given types, whoever may use them."""
        types = "".join(f"(GlueServiceType={literal(kind)})" for kind in kinds)
        return self._bdii.search(f"(&(objectClass=GlueService)(|{types}))")

    def site_names(self) -> list[str]:
        entries = self._bdii.search("(objectClass=GlueSite)", ["GlueSiteName", "GlueSiteUniqueID"])
        return [entry.one("GlueSiteName", entry.one("GlueSiteUniqueID")) for entry in entries]

    def sites_of(self, kind: str) -> dict[str, str]:
        """The site of each cluster, SE or service (``kind``: ``Cluster``, ``SE``, ``Service``)."""
        unique = f"Glue{kind}UniqueID"
        entries = self._bdii.search(f"(objectClass=Glue{kind})", [unique, "GlueForeignKey"])
        return {entry.one(unique): entry.key("GlueForeignKey", "GlueSiteUniqueID") for entry in entries}

    def protocols(self) -> dict[str, set[str]]:
        """The lower-case types of the access and control protocols of each SE."""
        query = "(|(objectClass=GlueSEAccessProtocol)(objectClass=GlueSEControlProtocol))"
        found: dict[str, set[str]] = {}
        for entry in self._bdii.search(query):
            types = entry.all("GlueSEAccessProtocolType") + entry.all("GlueSEControlProtocolType")
            found.setdefault(entry.key("GlueChunkKey", "GlueSEUniqueID"), set()).update(map(str.lower, types))
        return found

    def _any(self, *attributes: str) -> str:
        return "(|" + "".join(f"({attribute}=VO:{self._word})" for attribute in attributes) + ")"


_CE_ATTRIBUTES = (
    "GlueCEUniqueID",
    "GlueForeignKey",
    "GlueCEInfoTotalCPUs",
    "GlueCEStateFreeCPUs",
    "GlueCEStateTotalJobs",
    "GlueCEStateRunningJobs",
    "GlueCEStateWaitingJobs",
)


def _computing_element(entry: Entry) -> ComputingElement:
    return ComputingElement(
        id=entry.one("GlueCEUniqueID"),
        cluster=entry.key("GlueForeignKey", "GlueClusterUniqueID"),
        total_cpus=entry.number("GlueCEInfoTotalCPUs"),
        free_cpus=entry.number("GlueCEStateFreeCPUs"),
        total_jobs=entry.number("GlueCEStateTotalJobs"),
        running=entry.number("GlueCEStateRunningJobs"),
        waiting=entry.number("GlueCEStateWaitingJobs"),
    )


def _sub_cluster(entry: Entry) -> SubCluster:
    return SubCluster(
        name=entry.one("GlueSubClusterName", entry.one("GlueSubClusterUniqueID")),
        cluster=entry.key("GlueChunkKey", "GlueClusterUniqueID"),
        ram=entry.number("GlueHostMainMemoryRAMSize"),
        system=entry.one("GlueHostOperatingSystemName"),
        release=entry.one("GlueHostOperatingSystemRelease"),
        version=entry.one("GlueHostOperatingSystemVersion"),
        processor=entry.one("GlueHostProcessorModel"),
        tags=tuple(entry.all("GlueHostApplicationSoftwareRunTimeEnvironment")),
    )


def _storage_area(entry: Entry) -> StorageArea:
    def pair(what: str) -> tuple[str, str]:
        return entry.one(f"GlueSA{what}OnlineSize"), entry.one(f"GlueSA{what}NearlineSize")

    return StorageArea(
        se=entry.key("GlueChunkKey", "GlueSEUniqueID"),
        available=entry.one("GlueSAStateAvailableSpace"),
        used=entry.one("GlueSAStateUsedSpace"),
        free_gb=pair("Free"),
        used_gb=pair("Used"),
        reserved_gb=pair("Reserved"),
        name=entry.one("GlueSAName"),
    )


def _vo_view(entry: Entry) -> VoView:
    return VoView(
        ce=entry.key("GlueChunkKey", "GlueCEUniqueID"),
        running=entry.number("GlueCEStateRunningJobs"),
        waiting=entry.number("GlueCEStateWaitingJobs"),
        total=entry.number("GlueCEStateTotalJobs"),
        free=entry.number("GlueCEStateFreeJobSlots"),
        response=entry.number("GlueCEStateEstimatedResponseTime"),
        worst_response=entry.number("GlueCEStateWorstResponseTime"),
        se=entry.one("GlueCEInfoDefaultSE"),
        software=entry.one("GlueCEInfoApplicationDir"),
    )
