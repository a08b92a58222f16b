"""The resources a job can be sent to, as the top BDII publishes them: one record per GlueCE and VO view."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gridware.bdii.ldif import Entry
from gridware.bdii.server import Bdii

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
_TEXTS = re.compile(
    r"(Name|Version|Release|Model|Vendor|ID|Status|Type|Path|Dir|Root|SE|Manager|String|Description)$", re.I
)
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_BROKEN = re.compile(r"[+-]?\d+\.\d+")
_HIDDEN = re.compile(r"objectclass|glueschemaversion|glueinformationserviceurl|gluechunkkey|glueforeignkey")


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
    records = _Records(entries)
    found = []
    for ce in records.of("GlueCE"):
        ceid = ce.one("GlueCEUniqueID")
        views = [
            view for view in records.of("GlueVOView") if view.key("GlueChunkKey", "GlueCEUniqueID") == ceid
        ]
        close = tuple(records.close_to(ceid))
        common = records.around(ce)
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


class _Records:
    def __init__(self, entries: Iterable[Entry]) -> None:
        self._of: dict[str, list[Entry]] = {}
        for entry in entries:
            for kind in entry.all("objectClass"):
                self._of.setdefault(kind.lower(), []).append(entry)

    def of(self, kind: str) -> list[Entry]:
        return self._of.get(kind.lower(), [])

    def around(self, ce: Entry) -> dict[str, Value]:
        """What a CE has from its site, cluster and sub-clusters; of several sub-clusters the first counts."""
        name = ce.key("GlueForeignKey", "GlueClusterUniqueID") or ce.one("GlueCEHostingCluster")
        clusters = [entry for entry in self.of("GlueCluster") if entry.one("GlueClusterUniqueID") == name]
        sites = {cluster.key("GlueForeignKey", "GlueSiteUniqueID") for cluster in clusters}
        parts = [entry for entry in self.of("GlueSite") if entry.one("GlueSiteUniqueID") in sites] + clusters
        subs = [s for s in self.of("GlueSubCluster") if s.key("GlueChunkKey", "GlueClusterUniqueID") == name]
        merged: dict[str, Value] = {}
        for entry in parts + subs[:1]:
            merged |= values(entry)
        return merged

    def close_to(self, ceid: str) -> Iterable[CloseSe]:
        for bind in self.of("GlueCESEBind"):
            if bind.one("GlueCESEBindCEUniqueID") == ceid:
                name = bind.one("GlueCESEBindSEUniqueID")
                yield self._close(name, bind)

    def _close(self, name: str, bind: Entry) -> CloseSe:
        element = next(
            (values(entry) for entry in self.of("GlueSE") if entry.one("GlueSEUniqueID") == name), {}
        )
        areas = [area for area in self.of("GlueSA") if area.key("GlueChunkKey", "GlueSEUniqueID") == name]
        protocols = tuple(
            (entry.one("GlueSEAccessProtocolType"), entry.number("GlueSEAccessProtocolPort"))
            for entry in self.of("GlueSEAccessProtocol")
            if entry.key("GlueChunkKey", "GlueSEUniqueID") == name
        )
        mount = bind.one("GlueCESEBindCEAccesspoint") or bind.one("GlueCESEBindMountInfo")
        attributes: dict[str, Value] = element | (values(areas[0]) if areas else {}) | values(bind)
        attributes |= {"GlueSEUniqueID": name, "name": name, "mount": mount}
        return CloseSe(
            name,
            mount,
            attributes,
            protocols,
            max((a.number("GlueSAStateAvailableSpace") for a in areas), default=0),
        )


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
