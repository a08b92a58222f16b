"""The resources a job can be sent to, as the top BDII publishes them: one record per GlueCE and VO view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gridware.bdii.server import Bdii
from gridware.glue import Records
from gridware.ldif import Entry
from gridware.pattern import pattern

Value = str | int | float | bool | list[str]

_QUERY = (
    "(|(objectClass=GlueCE)(objectClass=GlueVOView)(objectClass=GlueCluster)(objectClass=GlueSubCluster)"
    "(objectClass=GlueSite)(objectClass=GlueCESEBind)(objectClass=GlueSE)(objectClass=GlueSA)"
    "(objectClass=GlueSEAccessProtocol))"
)
_LISTS = {
    "gluehostapplicationsoftwareruntimeenvironment",
    "glueceaccesscontrolbaserule",
    "gluececapability",
    "gluesaaccesscontrolbaserule",
    "gluesecontrolprotocolcapability",
}
_TEXTS = pattern(
    r"(?i)(Name|Version|Release|Model|Vendor|ID|Status|Type|Path|Dir|Root|SE|Manager|String|Description)$"
)
_WHOLE = pattern(r"[+-]?\d{1,18}")
_BROKEN = pattern(r"[+-]?\d+\.\d+")
_HIDDEN = pattern(r"objectclass|glueschemaversion|glueinformationserviceurl|gluechunkkey|glueforeignkey")


@dataclass(frozen=True)
class CloseSe:
    """A storage element close to a CE: where its files lie there, and how they are reached."""

    name: str
    mount: str
    attributes: dict[str, Value] = field(hash=False)
    protocols: tuple[tuple[str, int], ...] = ()
    free: int = 0
    """kB"""


@dataclass(frozen=True)
class Resource:
    """One queue of one CE as one VO may see it; ``attributes`` is what a JDL calls ``other``."""

    ceid: str
    attributes: dict[str, Value] = field(hash=False)
    rules: tuple[str, ...]
    """Who may use it: ``VO:gilda`` or ``VOMS:/gilda/Role=x``."""
    close: tuple[CloseSe, ...] = ()

    @property
    def host(self) -> str:
        return self.ceid.partition(":")[0]

    def open_to(self, vo: str, fqans: Sequence[str] = ()) -> bool:
        """May a member with these FQANs (the first is the primary one) send jobs here?"""
        primary = [_plain(fqan) for fqan in fqans[:1]]
        wanted = {f"VO:{vo}", vo, *(f"VOMS:{fqan}" for fqan in primary)}
        return any(rule in wanted for rule in self.rules)


def ask(addresses: Sequence[str]) -> list[Resource]:
    """Every resource the first of these BDIIs that answers knows of; raises bdii.server.BdiiError."""
    return build(Bdii(addresses).search(_QUERY))


def build(entries: Iterable[Entry]) -> list[Resource]:
    """Join GLUE 1.3 records: a CE, or each VO view of it, with cluster, sub-cluster, site and close SEs."""
    records = Records(entries)
    found = []
    for ce in records.of("GlueCE"):
        ceid = ce.one("GlueCEUniqueID")
        views = records.below("GlueVOView", "GlueCE", ceid)
        close = tuple(_close_to(records, ceid))
        common = _around(records, ce)
        for view in views or [ce]:
            merged = common | values(ce) | values(view)
            merged |= {
                "CloseSE": [se.name for se in close],
                "CloseStorageElements": [se.name for se in close],
            }
            rules = tuple(
                (view if view.all("GlueCEAccessControlBaseRule") else ce).all("GlueCEAccessControlBaseRule")
            )
            found.append(Resource(ceid, merged, rules, close))
    return found


def _around(records: Records, ce: Entry) -> dict[str, Value]:
    """What a CE has from its site, cluster and sub-clusters; of several sub-clusters the first counts."""
    name = ce.key("GlueForeignKey", "GlueClusterUniqueID") or ce.one("GlueCEHostingCluster")
    clusters = [entry for entry in records.of("GlueCluster") if entry.one("GlueClusterUniqueID") == name]
    sites = {cluster.key("GlueForeignKey", "GlueSiteUniqueID") for cluster in clusters}
    parts = [entry for entry in records.of("GlueSite") if entry.one("GlueSiteUniqueID") in sites] + clusters
    merged: dict[str, Value] = {}
    for entry in parts + records.below("GlueSubCluster", "GlueCluster", name)[:1]:
        merged |= values(entry)
    return merged


def _close_to(records: Records, ceid: str) -> Iterable[CloseSe]:
    for bind in records.of("GlueCESEBind"):
        if bind.one("GlueCESEBindCEUniqueID") == ceid:
            yield _close(records, bind.one("GlueCESEBindSEUniqueID"), bind)


def _close(records: Records, name: str, bind: Entry) -> CloseSe:
    element, areas = records.one("GlueSE", name), records.below("GlueSA", "GlueSE", name)
    protocols = tuple(
        (entry.one("GlueSEAccessProtocolType"), entry.number("GlueSEAccessProtocolPort"))
        for entry in records.below("GlueSEAccessProtocol", "GlueSE", name)
    )
    mount = bind.one("GlueCESEBindCEAccesspoint") or bind.one("GlueCESEBindMountInfo")
    attributes: dict[str, Value] = {}
    for entry in (element, *areas[:1], bind):
        attributes |= values(entry) if entry else {}
    attributes |= {"GlueSEUniqueID": name, "name": name, "mount": mount}
    free = max((area.number("GlueSAStateAvailableSpace") for area in areas), default=0)
    return CloseSe(name, mount, attributes, protocols, free)


def values(entry: Entry) -> dict[str, Value]:
    """An entry's attributes as ClassAd values: numbers, truth values, texts; lists where GLUE has several."""
    return {name: _value(name, entry.all(name)) for name in entry.names() if not _HIDDEN.match(name.lower())}


def _value(name: str, found: list[str]) -> Value:
    if name.lower() in _LISTS:
        return list(found)
    text = found[0]
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    if _TEXTS.search(name):
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _BROKEN.fullmatch(text) else text


def _plain(fqan: str) -> str:
    """An FQAN without its empty ends, as GLUE rules write it."""
    return fqan.removesuffix("/Capability=NULL").removesuffix("/Role=NULL")
