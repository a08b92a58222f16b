"""GLUE 2 records (GFD-R-P.147, LDAP rendering GFD.218), made from the GLUE 1.3 records: both tell the same.

Computing and storage elements are in ``glue2_elements``; here is what all services share.
"""

from collections.abc import Iterator

from gridware.gridinfo.glue2_elements import computing, storage
from gridware.gridinfo.glue2_parts import Made, access, endpoint, service
from gridware.gridinfo.ldif import Directory, Entry, entry

_GATEKEEPER = "org.edg.gatekeeper"
_CAPABILITIES = {
    "lcg-file-catalog": "data.naming.resolver",
    "org.glite.voms": "security.attributeauthority",
    "org.glite.wms.WMProxy": "executionmanagement.jobmanager",
    "ResourceBroker": "executionmanagement.jobmanager",
    "org.glite.lb.Server": "information.logging",
    "MyProxy": "security.credentialstorage",
    "bdii_top": "information.discovery",
    "bdii_site": "information.discovery",
}
"""GLUE2ServiceCapability (Capability_t of GFD-R-P.147) of each GlueServiceType that a site may have."""
_STATES = {"OK": "production", "Critical": "closed"}
"""GLUE2EndpointServingState of each GlueServiceStatus."""


def translate(site: str, records: Directory) -> Directory:
    """GLUE 2 records of what ``records`` describe, DNs relative to their group."""
    return dict(_translated(site, records))


def _translated(site: str, records: Directory) -> Iterator[Made]:
    for old in records.values():
        classes = old["objectClass"]
        if "GlueService" in classes and old["GlueServiceType"] != [_GATEKEEPER]:
            yield from _service(site, old)
        elif "GlueCluster" in classes:
            yield from computing(site, old, records)
        elif "GlueSE" in classes:
            yield from storage(site, old, records)
        elif "GlueSite" in classes:
            yield _location(site, old)


def _location(site: str, old: Entry) -> Made:
    name = f"{site}_location"
    return f"GLUE2LocationID={name}", entry(
        ["GLUE2Entity", "GLUE2Location"],
        GLUE2LocationID=name,
        GLUE2EntityName=old["GlueSiteLocation"],
        GLUE2LocationLatitude=old["GlueSiteLatitude"],
        GLUE2LocationLongitude=old["GlueSiteLongitude"],
        GLUE2LocationDomainForeignKey=site,
    )


def _service(site: str, old: Entry) -> Iterator[Made]:
    name, kind = old["GlueServiceUniqueID"][0], old["GlueServiceType"][0]
    version = old["GlueServiceVersion"][0]
    yield service(site, name, kind, _CAPABILITIES.get(kind, kind))
    yield endpoint(
        name,
        name,
        kind,
        url=old["GlueServiceEndpoint"][0],
        serving=_STATES[old["GlueServiceStatus"][0]],
        GLUE2EndpointHealthStateInfo=old["GlueServiceStatusInfo"][0],
        GLUE2EndpointInterfaceVersion=version,
        GLUE2EndpointImplementationName=kind,
        GLUE2EndpointImplementationVersion=version,
    )
    yield access(name, name, old.get("GlueServiceAccessControlBaseRule", ["ALL"]))
