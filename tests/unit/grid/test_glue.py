"""A site's records: what does not hold together is said."""

import re
from dataclasses import replace

import pytest

from harness.grid.glue import Expected, Records
from harness.grid.ldif import parse

EXPECTED = Expected("SITE", "gilda", ("short",), ("ce.org",), ("se.org",))
CE = "ce.org:2119/jobmanager-pbs-short"
GOOD = f"""\
dn: GlueSiteUniqueID=SITE,o=grid
objectClass: GlueSite
GlueSiteUniqueID: SITE

dn: GlueCEUniqueID={CE},o=grid
objectClass: GlueCE
GlueCEUniqueID: {CE}
GlueCEInfoContactString: {CE}
GlueCEStateStatus: Production
GlueCEStateWaitingJobs: 0
GlueCEAccessControlBaseRule: VO:gilda
GlueForeignKey: GlueClusterUniqueID=ce.org

dn: GlueClusterUniqueID=ce.org,o=grid
objectClass: GlueCluster
GlueClusterUniqueID: ce.org
GlueForeignKey: GlueSiteUniqueID=SITE

dn: GlueSubClusterUniqueID=ce.org,o=grid
objectClass: GlueSubCluster
GlueChunkKey: GlueClusterUniqueID=ce.org
GlueSubClusterPhysicalCPUs: 2
GlueSubClusterLogicalCPUs: 2
GlueHostMainMemoryRAMSize: 1000
GlueHostProcessorClockSpeed: 2000
GlueHostArchitectureSMPSize: 2
GlueHostOperatingSystemName: Debian
GlueHostOperatingSystemRelease: 13
GlueHostProcessorModel: M
GlueHostArchitecturePlatformType: x86_64
GlueHostApplicationSoftwareRunTimeEnvironment: TAG
GlueHostNetworkAdapterOutboundIP: TRUE

dn: GlueSEUniqueID=se.org,o=grid
objectClass: GlueSE
GlueSEUniqueID: se.org

dn: GlueSALocalID=gilda,o=grid
objectClass: GlueSA
GlueChunkKey: GlueSEUniqueID=se.org
GlueSAAccessControlBaseRule: VO:gilda
GlueSAStateUsedSpace: 4

dn: GlueSEAccessProtocolLocalID=gsiftp,o=grid
objectClass: GlueSEAccessProtocol
GlueChunkKey: GlueSEUniqueID=se.org
GlueSEAccessProtocolType: gsiftp
GlueSEAccessProtocolEndpoint: gsiftp://se.org:2811

dn: GlueCESEBindGroupCEUniqueID={CE},o=grid
objectClass: GlueCESEBindGroup
GlueCESEBindGroupCEUniqueID: {CE}
GlueCESEBindGroupSEUniqueID: se.org

dn: GlueCESEBindSEUniqueID=se.org,o=grid
objectClass: GlueCESEBind
GlueCESEBindCEUniqueID: {CE}
GlueCESEBindSEUniqueID: se.org

dn: GlueServiceUniqueID=voms,o=grid
objectClass: GlueService
GlueServiceUniqueID: voms
GlueServiceStatus: OK
GlueServiceEndpoint: voms://rb.org:15001/gilda

dn: GLUE2DomainID=SITE,o=glue
objectClass: GLUE2AdminDomain
GLUE2DomainID: SITE

dn: GLUE2ShareID=s,o=glue
objectClass: GLUE2ComputingShare
GLUE2ShareID: {CE}
GLUE2ComputingShareServingState: production

dn: GLUE2EndpointID=e,o=glue
objectClass: GLUE2Endpoint
GLUE2EndpointID: e
GLUE2EndpointURL: voms://rb.org:15001/gilda

dn: GLUE2EndpointID=f,o=glue
objectClass: GLUE2Endpoint
GLUE2EndpointID: f
GLUE2EndpointURL: gsiftp://se.org:2811
"""


def test_a_good_site_has_no_fault() -> None:
    records = Records(parse(GOOD))
    assert not list(records.faults(EXPECTED))
    assert records.endpoints() == {"voms": ("rb.org", 15001)}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("GlueSiteUniqueID: SITE\n", "GlueSiteUniqueID: OTHER\n", "GlueSite is"),
        ("GlueForeignKey: GlueClusterUniqueID=ce.org", "GlueForeignKey: GlueClusterUniqueID=x", "=x"),
        ("GlueCEStateStatus: Production", "GlueCEStateStatus: Closed", "is Closed"),
        ("GlueCEStateWaitingJobs: 0", "GlueCEStateWaitingJobs: 4444", "placeholder 4444"),
        ("jobmanager-pbs-short", "jobmanager-pbs-long", "published 0 times"),
        ("GlueCEInfoContactString: ce", "GlueCEInfoContactString: x", "another contact string"),
        ("GlueSubClusterLogicalCPUs: 2", "GlueSubClusterLogicalCPUs: 0", "lacks GlueSubClusterLogicalCPUs"),
        ("GlueHostProcessorModel: M\n", "", "lacks GlueHostProcessorModel"),
        ("GlueSAAccessControlBaseRule: VO:gilda", "GlueSAAccessControlBaseRule: VO:x", "no storage area"),
        ("GlueSEAccessProtocolType: gsiftp", "GlueSEAccessProtocolType: rfio", "no access protocol gsiftp"),
        ("GlueCESEBindSEUniqueID: se.org", "GlueCESEBindSEUniqueID: gone.org", "gone.org"),
        ("GlueServiceStatus: OK", "GlueServiceStatus: Critical\nGlueServiceStatusInfo: shut", "voms: shut"),
        ("GLUE2DomainID: SITE", "GLUE2DomainID: OTHER", "GLUE2AdminDomain is"),
        ("ServingState: production", "ServingState: closed", "in another state"),
        ("GLUE2EndpointURL: gsiftp", "GLUE2EndpointURL: ftp", "no endpoint gsiftp"),
        ("GLUE2EndpointID: e\n", "GLUE2EndpointID: e\nGLUE2EndpointServiceForeignKey: no\n", "leads to no"),
    ],
)
def test_a_fault_is_said(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    faults = list(Records(parse(GOOD.replace(old, new))).faults(EXPECTED))
    assert any(re.search(re.escape(fault), each) for each in faults), faults


def test_a_dead_service_is_to_be_published_as_dead() -> None:
    knowing = replace(EXPECTED, dead=frozenset({("rb.org", 15001)}))
    silent = GOOD.replace("GlueServiceStatus: OK", "GlueServiceStatus: Critical")
    assert not list(Records(parse(silent)).faults(knowing))
    assert list(Records(parse(GOOD)).faults(knowing)) == [
        "voms: is published as OK, and does not answer on its own node"
    ]


def test_an_endpoint_without_port_is_no_endpoint() -> None:
    with pytest.raises(ValueError, match="no host and port"):
        Records(parse(GOOD.replace("voms://rb.org:15001/gilda", "voms://rb.org"))).endpoints()


@pytest.mark.parametrize(
    ("old", "new", "of_ce", "of_se"),
    [
        ("", "", False, False),
        ("GlueCESEBindSEUniqueID: se.org", "GlueCESEBindSEUniqueID: gone.org", True, False),
        ("GlueSubClusterLogicalCPUs: 2", "GlueSubClusterLogicalCPUs: 0", True, False),
        ("GlueSAAccessControlBaseRule: VO:gilda", "GlueSAAccessControlBaseRule: VO:x", False, True),
    ],
)
def test_what_is_wrong_is_said_where_it_is_published(old: str, new: str, of_ce: bool, of_se: bool) -> None:
    records = Records(parse(GOOD.replace(old, new)))
    assert bool(list(records.faults_of_ce(EXPECTED))) == of_ce
    assert bool(list(records.faults_of_se(EXPECTED))) == of_se
