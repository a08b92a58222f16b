"""GLUE 1.3 records of the site and of services that are neither CE nor SE."""

from collections.abc import Callable, Mapping, Set
from typing import Any

from gridware.gridinfo.glue import SCHEMA, SCHEMA_CLASS, site_key
from gridware.gridinfo.ldif import Directory, Entry, entry
from gridware.gridinfo.ports import listening

Settings = Mapping[str, Any]


def provide(settings: Settings) -> Directory:
    """The site's record; ``settings`` is /etc/gridinfo.toml."""
    site = settings["site"]
    return {
        site_key(site): entry(
            ["GlueTop", "GlueSite", "GlueKey", SCHEMA_CLASS],
            GlueSiteUniqueID=site,
            GlueSiteName=site,
            GlueSiteDescription="Grid in a Box, a training site",
            GlueSiteLocation="in a box",
            GlueSiteLatitude="0",
            GlueSiteLongitude="0",
            GlueSiteOtherInfo="training",
            GlueForeignKey=site_key(site),
            **SCHEMA,
        )
    }


def provide_services(settings: Settings, ports: Callable[[], Set[int]] = listening) -> Directory:
    """A record for each of ``settings["services"]``; OK while its port listens here."""
    found = ports()
    return dict(
        _service(settings["site"], service, service["port"] in found) for service in settings["services"]
    )


def _service(site: str, service: Settings, up: bool) -> tuple[str, Entry]:
    rules = [f"VO:{vo}" for vo in service.get("vos", ())]
    return f"GlueServiceUniqueID={service['id']}", entry(
        ["GlueTop", "GlueService", "GlueKey", SCHEMA_CLASS],
        GlueServiceUniqueID=service["id"],
        GlueServiceName=f"{site}-{service['type']}",
        GlueServiceType=service["type"],
        GlueServiceVersion=service.get("version", "1.0.0"),
        GlueServiceEndpoint=service["endpoint"],
        GlueServiceURI=service.get("uri", service["endpoint"]),
        GlueServiceAccessPointURL=service["endpoint"],
        GlueServiceStatus="OK" if up else "Critical",
        GlueServiceStatusInfo="listening" if up else f"nothing listens on port {service['port']}",
        GlueServiceOwner=service.get("vos", ()),
        GlueServiceAccessControlRule=service.get("vos", ()),
        GlueServiceAccessControlBaseRule=rules,
        GlueForeignKey=site_key(site),
        **SCHEMA,
    )
