"""GLUE records joined to what a JDL calls ``other``."""

from gridware.ldif import parse
from gridware.wms.resources import build

LDIF = """\
dn: GlueCEUniqueID=ce:2119/jobmanager-pbs-short,mds-vo-name=SITE,mds-vo-name=local,o=grid
objectClass: GlueCE
GlueCEUniqueID: ce:2119/jobmanager-pbs-short
GlueCEStateStatus: Production
GlueCEStateFreeCPUs: 7
GlueCEPolicyMaxWallClockTime: 15
GlueCEAccessControlBaseRule: VO:gilda
GlueCEAccessControlBaseRule: VO:other
GlueForeignKey: GlueClusterUniqueID=ce

dn: GlueVOViewLocalID=gilda,GlueCEUniqueID=ce:2119/jobmanager-pbs-short,o=grid
objectClass: GlueVOView
GlueVOViewLocalID: gilda
GlueCEStateFreeCPUs: 2
GlueCEAccessControlBaseRule: VO:gilda
GlueChunkKey: GlueCEUniqueID=ce:2119/jobmanager-pbs-short

dn: GlueClusterUniqueID=ce,o=grid
objectClass: GlueCluster
GlueClusterUniqueID: ce
GlueForeignKey: GlueSiteUniqueID=SITE

dn: GlueSubClusterUniqueID=ce,GlueClusterUniqueID=ce,o=grid
objectClass: GlueSubCluster
GlueChunkKey: GlueClusterUniqueID=ce
GlueHostNetworkAdapterOutboundIP: TRUE
GlueHostOperatingSystemRelease: 13
GlueHostBenchmarkSF00: 1.5
GlueHostApplicationSoftwareRunTimeEnvironment: GILDA-tag

dn: GlueSiteUniqueID=SITE,o=grid
objectClass: GlueSite
GlueSiteUniqueID: SITE

dn: GlueCESEBindSEUniqueID=se,GlueCESEBindGroupCEUniqueID=ce:2119/jobmanager-pbs-short,o=grid
objectClass: GlueCESEBind
GlueCESEBindCEUniqueID: ce:2119/jobmanager-pbs-short
GlueCESEBindSEUniqueID: se
GlueCESEBindCEAccesspoint: /storage/gilda

dn: GlueSEAccessProtocolLocalID=gsiftp,GlueSEUniqueID=se,o=grid
objectClass: GlueSEAccessProtocol
GlueSEAccessProtocolType: gsiftp
GlueSEAccessProtocolPort: 2811
GlueChunkKey: GlueSEUniqueID=se

dn: GlueSALocalID=gilda,GlueSEUniqueID=se,o=grid
objectClass: GlueSA
GlueSAStateAvailableSpace: 1234
GlueChunkKey: GlueSEUniqueID=se
"""


def test_a_vo_view_overrides_its_queue() -> None:
    (resource,) = build(parse(LDIF))
    assert resource.ceid == "ce:2119/jobmanager-pbs-short"
    assert resource.attributes["gluecestatefreecpus"] == 2
    assert resource.attributes["gluecepolicymaxwallclocktime"] == 15
    assert resource.rules == ("VO:gilda",)
    assert resource.open_to("gilda")
    assert not resource.open_to("other")


def test_values_have_the_types_that_jdl_compares_with() -> None:
    (resource,) = build(parse(LDIF))
    known = resource.attributes
    assert known["gluehostnetworkadapteroutboundip"] is True
    assert known["gluehostoperatingsystemrelease"] == "13"
    assert known["gluehostbenchmarksf00"] == 1.5
    assert known["gluehostapplicationsoftwareruntimeenvironment"] == ["GILDA-tag"]
    assert known["gluesiteuniqueid"] == "SITE"


def test_close_storage() -> None:
    (resource,) = build(parse(LDIF))
    (close,) = resource.close
    assert (close.name, close.mount, close.free) == ("se", "/storage/gilda", 1234)
    assert close.protocols == (("gsiftp", 2811),)


def test_a_queue_without_views_stands_for_itself() -> None:
    blocks = [block for block in LDIF.split("\n\n") if "GlueVOViewLocalID" not in block]
    (resource,) = build(parse("\n\n".join(blocks)))
    assert resource.attributes["gluecestatefreecpus"] == 7
    assert resource.rules == ("VO:gilda", "VO:other")
