"""The selections that list services: GLUE service type and the attribute that is printed."""

from __future__ import annotations

from gridware.tuples import NamedTuple


class Service(NamedTuple):
    """One selection; version 2.x printed a different attribute for each kind, 3.x always the endpoint."""

    type: str
    attribute: str = "GlueServiceEndpoint"
    for_all: bool = False
    """Listed whatever the VO."""


SERVICES = {
    "rb": Service("ResourceBroker", "GlueServiceUniqueID"),
    "wms": Service("org.glite.wms.WMProxy"),
    "lb": Service("org.glite.lb.Server"),
    "lfc": Service("lcg-file-catalog", "GlueServiceURI"),
    "lfcLocal": Service("lcg-local-file-catalog", "GlueServiceURI"),
    "dli": Service("data-location-interface", "GlueServiceAccessPointURL"),
    "dliLocal": Service("local-data-location-interface", "GlueServiceAccessPointURL"),
    "lrc": Service("edg-local-replica-catalog", "GlueServiceURI"),
    "rmc": Service("edg-replica-metadata-catalog", "GlueServiceURI"),
    "vobox": Service("VOBOX", "GlueServiceUniqueID"),
    "gridice": Service("gridice", "GlueServiceUniqueID"),
    "fts": Service("org.glite.FileTransfer"),
}
"""The selections of version 2.x."""

LATER_SERVICES = {
    "bdii_site": Service("bdii_site", for_all=True),
    "bdii_top": Service("bdii_top", for_all=True),
    "cream": Service("org.glite.ce.CREAM"),
    "lcg-ce": Service("org.edg.gatekeeper"),
    "myproxy": Service("MyProxy", for_all=True),
    "voms": Service("org.glite.voms"),
    "voms-admin": Service("org.glite.voms-admin"),
}
"""What version 3.x added."""
