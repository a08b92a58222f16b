"""GLUE records of a site: whether they hold together, as the site-BDII sanity probe of SAM asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.grid.ldif import Entry

Faults = Iterator[str]
PLACEHOLDERS = {"4444", "444444", "999999", "999999999"}
"""What information providers of the time published when they knew nothing."""
COMPLETE = (
    "GlueSubClusterPhysicalCPUs",
    "GlueSubClusterLogicalCPUs",
    "GlueHostMainMemoryRAMSize",
    "GlueHostProcessorClockSpeed",
    "GlueHostArchitectureSMPSize",
)
"""Numbers of a sub-cluster that match-making uses; none may be 0."""
DESCRIBED = (
    "GlueHostOperatingSystemName",
    "GlueHostOperatingSystemRelease",
    "GlueHostProcessorModel",
    "GlueHostArchitecturePlatformType",
    "GlueHostApplicationSoftwareRunTimeEnvironment",
    "GlueHostNetworkAdapterOutboundIP",
)


@dataclass(frozen=True)
class Expected:
    """What the site has: its name, VO and queues, its CEs and SEs by their public names."""

    site: str
    vo: str
    queues: tuple[str, ...]
    ces: tuple[str, ...]
    ses: tuple[str, ...]
    dead: frozenset[tuple[str, int]] = frozenset()
    """Host and port of services that are known not to answer: the site has to publish that they don't."""


@dataclass(frozen=True)
class Records:
    """What a BDII publishes."""

    entries: tuple[Entry, ...]

    def of(self, kind: str) -> list[Entry]:
        """Entries of an object class."""
        return [entry for entry in self.entries if kind in entry.all("objectClass")]

    def faults(self, expected: Expected) -> Faults:
        """All that does not hold together, in words."""
        yield from self._site(expected)
        yield from self._dangling()
        yield from self._queues(expected)
        yield from self._clusters(expected)
        yield from self._storage(expected)
        yield from self._binds(expected)
        yield from self._services(expected)
        yield from self._glue2(expected)

    def faults_of_ce(self, expected: Expected) -> Faults:
        """The same of what one CE publishes of itself: its cluster, and the SEs that are close to it."""
        yield from self._clusters(expected)
        yield from self._binds(expected)

    def faults_of_se(self, expected: Expected) -> Faults:
        """The same of what one SE publishes of itself: its areas, and how they are reached."""
        yield from self._storage(expected)

    def endpoints(self) -> dict[str, tuple[str, int]]:
        """Host and port of every service, by its id; raises ValueError for an endpoint that has none."""
        found = {}
        for service in self.of("GlueService"):
            place = _place(service)
            if place is None:
                url = service.one("GlueServiceEndpoint")
                raise ValueError(f"{service.dn} has no host and port in its endpoint {url!r}")
            found[service.one("GlueServiceUniqueID")] = place
        return found

    def _site(self, expected: Expected) -> Faults:
        names = [entry.one("GlueSiteUniqueID") for entry in self.of("GlueSite")]
        if names != [expected.site]:
            yield f"GlueSite is {names}, not one record of {expected.site}"

    def _dangling(self) -> Faults:
        """Keys such as ``GlueClusterUniqueID=host`` that lead to no record."""
        known = {(name.lower(), value) for entry in self.entries for name, value in entry.attributes}
        for entry in self.entries:
            for key in (*entry.all("GlueForeignKey"), *entry.all("GlueChunkKey")):
                name, _, value = key.partition("=")
                if (name.lower(), value) not in known:
                    yield f"{entry.dn} leads to {key}, which is not there"

    def _queues(self, expected: Expected) -> Faults:
        found = {entry.one("GlueCEUniqueID"): entry for entry in self.of("GlueCE")}
        for host in expected.ces:
            for queue in expected.queues:
                ids = [one for one in found if one.startswith(f"{host}:") and one.endswith(f"-{queue}")]
                if len(ids) != 1:
                    yield f"queue {queue} of {host} is published {len(ids)} times"
        for identifier, entry in found.items():
            if entry.one("GlueCEStateStatus") != "Production":
                yield f"{identifier} is {entry.one('GlueCEStateStatus')}"
            if f"VO:{expected.vo}" not in entry.all("GlueCEAccessControlBaseRule"):
                yield f"{identifier} is not for VO {expected.vo}"
            if entry.one("GlueCEInfoContactString") != identifier:
                yield f"{identifier} has another contact string, {entry.one('GlueCEInfoContactString')}"
        for entry in (*self.of("GlueCE"), *self.of("GlueVOView"), *self.of("GlueSA")):
            for name, value in entry.attributes:
                if re.match(r"Glue(CE|SA)State", name) and value in PLACEHOLDERS:
                    yield f"{entry.dn}: {name} is the placeholder {value}"

    def _clusters(self, expected: Expected) -> Faults:
        hosts = sorted(entry.one("GlueClusterUniqueID") for entry in self.of("GlueCluster"))
        if hosts != sorted(expected.ces):
            yield f"clusters are {hosts}, CEs are {sorted(expected.ces)}"
        parts = self.of("GlueSubCluster")
        for host in hosts:
            if not any(f"GlueClusterUniqueID={host}" in part.all("GlueChunkKey") for part in parts):
                yield f"cluster {host} has no sub-cluster"
        for part in parts:
            empty = [name for name in COMPLETE if not re.fullmatch(r"0*[1-9][0-9]*", part.one(name))]
            empty += [name for name in DESCRIBED if not part.one(name)]
            if empty:
                yield f"{part.dn} lacks {', '.join(empty)}"

    def _storage(self, expected: Expected) -> Faults:
        hosts = sorted(entry.one("GlueSEUniqueID") for entry in self.of("GlueSE"))
        if hosts != sorted(expected.ses):
            yield f"GlueSE are {hosts}, SEs are {sorted(expected.ses)}"
        for host in hosts:
            key = f"GlueSEUniqueID={host}"
            areas = [entry for entry in self.of("GlueSA") if key in entry.all("GlueChunkKey")]
            if not any(f"VO:{expected.vo}" in area.all("GlueSAAccessControlBaseRule") for area in areas):
                yield f"{host} has no storage area for VO {expected.vo}"
            protocols = {
                entry.one("GlueSEAccessProtocolType")
                for entry in self.of("GlueSEAccessProtocol")
                if key in entry.all("GlueChunkKey")
            }
            if "gsiftp" not in protocols:
                yield f"{host} has no access protocol gsiftp"

    def _binds(self, expected: Expected) -> Faults:
        ces = {entry.one("GlueCEUniqueID") for entry in self.of("GlueCE")}
        bound = {
            (entry.one("GlueCESEBindCEUniqueID"), entry.one("GlueCESEBindSEUniqueID"))
            for entry in self.of("GlueCESEBind")
        }
        for ce, se in sorted(bound ^ {(ce, se) for ce in ces for se in expected.ses}):
            yield f"{ce} and {se}: one binds them, and not both are there, or none does"
        groups = {
            entry.one("GlueCESEBindGroupCEUniqueID"): set(entry.all("GlueCESEBindGroupSEUniqueID"))
            for entry in self.of("GlueCESEBindGroup")
        }
        if groups != {ce: set(expected.ses) for ce in ces}:
            yield f"bind groups are {groups}"

    def _services(self, expected: Expected) -> Faults:
        for entry in self.of("GlueService"):
            name, up = entry.one("GlueServiceUniqueID"), entry.one("GlueServiceStatus") == "OK"
            dead = _place(entry) in expected.dead
            if up and dead:
                yield f"{name}: is published as OK, and does not answer on its own node"
            elif not up and not dead:
                yield f"{name}: {entry.one('GlueServiceStatusInfo')}"

    def _glue2(self, expected: Expected) -> Faults:
        """GLUE 2 says the same as GLUE 1.3, and its keys lead somewhere."""
        yield from self._glue2_dangling(expected)
        there = {entry.one("GLUE2EndpointURL") for entry in self.of("GLUE2Endpoint")}
        wanted = {entry.one("GlueServiceEndpoint") for entry in self.of("GlueService")}
        wanted |= {entry.one("GlueSEAccessProtocolEndpoint") for entry in self.of("GlueSEAccessProtocol")}
        for url in sorted(wanted - there):
            yield f"GLUE 2 has no endpoint {url}"
        shares = {entry.one("GLUE2ShareID"): entry for entry in self.of("GLUE2ComputingShare")}
        for entry in self.of("GlueCE"):
            share = shares.get(entry.one("GlueCEUniqueID"))
            if share is None:
                yield f"GLUE 2 has no share {entry.one('GlueCEUniqueID')}"
            elif share.one("GLUE2ComputingShareServingState") != entry.one("GlueCEStateStatus").lower():
                yield f"GLUE 2 has {share.dn} in another state"

    def _glue2_dangling(self, expected: Expected) -> Faults:
        domains = {entry.one("GLUE2DomainID") for entry in self.of("GLUE2AdminDomain")}
        if domains != {expected.site}:
            yield f"GLUE2AdminDomain is {sorted(domains)}, not {expected.site}"
        identifiers = re.compile(r"GLUE2\w+ID", re.IGNORECASE)
        known = {
            value for entry in self.entries for name, value in entry.attributes if identifiers.fullmatch(name)
        }
        for entry in self.entries:
            for name, value in entry.attributes:
                if re.fullmatch(r"GLUE2\w+ForeignKey", name) and value not in known:
                    yield f"{entry.dn}: {name} leads to {value}, which is not there"


def _place(service: Entry) -> tuple[str, int] | None:
    """Host and port of a service's endpoint, if it has both."""
    url = service.one("GlueServiceEndpoint")
    match = re.fullmatch(r"(?:[\w+.-]+://)?([\w.-]+):(\d+)(?:/.*)?", url)
    return (match[1], int(match[2])) if match else None
