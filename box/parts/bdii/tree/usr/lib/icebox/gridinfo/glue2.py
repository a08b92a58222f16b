"""GLUE 2 records (GFD-R-P.147, LDAP rendering GFD.218), made from the GLUE 1.3 records: both tell the same.

Computing and storage elements are in ``glue2_elements``; here is what all services share.
"""

from collections.abc import Iterator

from gridinfo.glue2_elements import computing, storage
from gridinfo.glue2_parts import Made, access, endpoint, service
from gridinfo.ldif import Directory, Entry

_GATEKEEPER = "org.edg.gatekeeper"
_STATES = {"OK": "production", "Critical": "closed"}
"""GLUE2EndpointServingState of each GlueServiceStatus."""


def translate(site: str, records: Directory) -> Directory:
    """GLUE 2 records of what ``records`` describe, DNs relative to their group."""
    return dict(_translated(site, records))


def _translated(site: str, records: Directory) -> Iterator[Made]:
    for entry in records.values():
        classes = entry["objectClass"]
        if "GlueService" in classes and entry["GlueServiceType"] != [_GATEKEEPER]:
            yield from _service(site, entry)
        elif "GlueCluster" in classes:
            yield from computing(site, entry, records)
        elif "GlueSE" in classes:
            yield from storage(site, entry, records)


def _service(site: str, old: Entry) -> Iterator[Made]:
    name, kind = old["GlueServiceUniqueID"][0], old["GlueServiceType"][0]
    yield service(site, name, kind, kind)
    yield endpoint(
        name,
        name,
        kind,
        url=old["GlueServiceEndpoint"][0],
        serving=_STATES[old["GlueServiceStatus"][0]],
        GLUE2EndpointHealthStateInfo=old["GlueServiceStatusInfo"][0],
        GLUE2EndpointInterfaceVersion=old["GlueServiceVersion"][0],
    )
    yield access(name, name, old.get("GlueServiceAccessControlBaseRule", ["ALL"]))
