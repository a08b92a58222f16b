"""GLUE 1.3 records of an SE: protocols and the VO's storage area, with the space it has now."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from gridware.gridinfo.glue import RELEASE, SCHEMA, SCHEMA_CLASS, site_key
from gridware.gridinfo.ldif import Directory, Entry, entry
from gridware.gridinfo.ports import listening

Settings = Mapping[str, Any]

_GB = 10**6
"""kB in a GB as GLUE 1.3 counts."""


_NEWS = 1000
"""Free space that differs by less than this part of it is no news: others write on the same disk as well."""

_SCHEMES = {"xroot": "root"}
"""URL schemes of protocols whose GLUE name is another."""


class Space(NamedTuple):
    """kB of a storage area."""

    used: int
    free: int


_told: list[Space] = []


def provide(settings: Settings) -> Directory:
    """The SE's records; ``settings`` is /etc/gridinfo.toml."""
    se = settings["se"]
    _told[:] = [steady(read_space(se["path"]), *_told)]
    return records(settings, _told[0], se["listens"] in listening())


def steady(now: Space, before: Space | None = None) -> Space:
    """What is told of the space now; ``before`` again, if there is no news."""
    if before is None or now.used != before.used:
        return now
    return before if abs(now.free - before.free) < before.free // _NEWS else now


def read_space(path: str) -> Space:
    """Used: what lies below ``path``, as du counts; free: what an ordinary user may still write there."""
    disk = os.statvfs(path)
    return Space(_blocks(path) // 2, disk.f_bavail * disk.f_frsize // 1024)


def _blocks(path: str) -> int:
    """512-byte blocks of a folder and all below; what vanishes meanwhile counts nothing."""
    total = os.lstat(path).st_blocks
    try:
        with os.scandir(path) as children:
            for child in children:
                if child.is_dir(follow_symlinks=False):
                    total += _blocks(child.path)
                else:
                    total += child.stat(follow_symlinks=False).st_blocks
    except OSError:
        pass
    return total


def records(settings: Settings, space: Space, serving: bool) -> Directory:
    site, se = settings["site"], settings["se"]
    dn = f"GlueSEUniqueID={se['host']}"
    return {
        dn: _element(site, se, space, serving),
        f"GlueSALocalID={se['vo']},{dn}": _area(se, dn, space),
        **_protocols(se, dn),
    }


def _element(site: str, se: Settings, space: Space, serving: bool) -> Entry:
    return entry(
        ["GlueSETop", "GlueSE", "GlueInformationService", "GlueKey", SCHEMA_CLASS],
        GlueSEUniqueID=se["host"],
        GlueSEName=f"{site}:disk",
        GlueSEPort=se["gridftp_port"],
        GlueSEArchitecture="disk",
        GlueSEType="disk",
        GlueSEImplementationName="GridFTP",
        GlueSEImplementationVersion=RELEASE,
        GlueSEStatus="Production" if serving else "Closed",
        GlueSESizeTotal=(space.used + space.free) // _GB,
        GlueSESizeFree=space.free // _GB,
        GlueSETotalOnlineSize=(space.used + space.free) // _GB,
        GlueSEUsedOnlineSize=space.used // _GB,
        GlueForeignKey=site_key(site),
        GlueInformationServiceURL=f"ldap://{se['host']}:2170/mds-vo-name=resource,o=grid",
        **SCHEMA,
    )


def _area(se: Settings, dn: str, space: Space) -> Entry:
    total = (space.used + space.free) // _GB
    return entry(
        ["GlueSATop", "GlueSA", "GlueSAPolicy", "GlueSAState", "GlueSAAccessControlBase", "GlueKey",
         SCHEMA_CLASS],
        GlueSALocalID=se["vo"],
        GlueSAName=se["vo"],
        GlueSARoot=f"{se['vo']}:{se['path']}",
        GlueSAPath=se["path"],
        GlueSAType="permanent",
        GlueSAStateAvailableSpace=space.free,
        GlueSAStateUsedSpace=space.used,
        GlueSATotalOnlineSize=total,
        GlueSAFreeOnlineSize=space.free // _GB,
        GlueSAUsedOnlineSize=space.used // _GB,
        GlueSACapability=[f"InstalledOnlineCapacity={total}", "InstalledNearlineCapacity=0"],
        GlueSARetentionPolicy="replica",
        GlueSAAccessLatency="online",
        GlueSAExpirationMode="neverExpire",
        GlueSAPolicyFileLifeTime="permanent",
        GlueSAAccessControlBaseRule=[f"VO:{se['vo']}", se["vo"]],
        GlueChunkKey=dn,
        **SCHEMA,
    )  # fmt: skip


def _protocols(se: Settings, dn: str) -> Directory:
    classes = ["GlueSETop", "GlueKey", SCHEMA_CLASS]
    found = {
        f"GlueSEControlProtocolLocalID=classic,{dn}": entry(
            [*classes, "GlueSEControlProtocol"],
            GlueSEControlProtocolLocalID="classic",
            GlueSEControlProtocolType="classic",
            GlueSEControlProtocolVersion="1.0.0",
            GlueSEControlProtocolEndpoint=f"gsiftp://{se['host']}:{se['gridftp_port']}",
            GlueChunkKey=dn,
            **SCHEMA,
        )
    }
    for name, port in (("gsiftp", se["gridftp_port"]), ("xroot", se["xrootd_port"])):
        found[f"GlueSEAccessProtocolLocalID={name},{dn}"] = entry(
            [*classes, "GlueSEAccessProtocol"],
            GlueSEAccessProtocolLocalID=name,
            GlueSEAccessProtocolType=name,
            GlueSEAccessProtocolVersion="1.0.0",
            GlueSEAccessProtocolPort=port,
            GlueSEAccessProtocolEndpoint=f"{_SCHEMES.get(name, name)}://{se['host']}:{port}",
            GlueSEAccessProtocolSupportedSecurity="GSI",
            GlueChunkKey=dn,
            **SCHEMA,
        )
    return found
