"""The short attribute names of lcg-info and what they stand for in GLUE 1.3.

The names are those of the original (lcg-info 1.12) and, behind them, a few that this one has had besides.
"""

from __future__ import annotations

from gridware.tuples import NamedTuple


class Attribute(NamedTuple):
    """A short name and the GLUE attribute in an entry of ``object``."""

    name: str
    object: str
    glue: str

    @property
    def of_vo(self) -> bool:
        """What a VO sees of it: there must be a VO to ask for."""
        return self.object == "GlueVOView" or self.name in ("VOInfoName", "VOInfoPath", "VOInfoTag")


def _of(kind: str, names: str, prefix: str = "") -> list[Attribute]:
    """Lines of a short name and a GLUE attribute, which begins with ``prefix``."""
    pairs = (line.split() for line in names.strip().splitlines())
    return [Attribute(name, kind, f"{prefix}{glue}") for name, glue in pairs]


_CE = """
CE UniqueID
LRMS InfoLRMSType
LRMSVersion InfoLRMSVersion
JobManager InfoJobManager
CEAppDir InfoApplicationDir
CEDefaultSE InfoDefaultSE
TotalCPUs InfoTotalCPUs
FreeCPUs StateFreeCPUs
FreeJobSlots StateFreeJobSlots
AssignedJobSlots PolicyAssignedJobSlots
Priority PolicyPriority
RunningJobs StateRunningJobs
TotalJobs StateTotalJobs
WaitingJobs StateWaitingJobs
CEVOs AccessControlBaseRule
CEImpl ImplementationName
CEStatus StateStatus
MaxWCTime PolicyMaxWallClockTime
MaxCPUTime PolicyMaxCPUTime
EstRespTime StateEstimatedResponseTime
WorstRespTime StateWorstResponseTime
MaxTotalJobs PolicyMaxTotalJobs
MaxRunningJobs PolicyMaxRunningJobs
Cluster InfoHostName
CEName Name
ASlots PolicyAssignedJobSlots
GRAMVersion InfoGRAMVersion
DataDir InfoDataDir
DefaultSE InfoDefaultSE
"""
_VIEW = """
VOFreeJobSlots StateFreeJobSlots
VORunningJobs StateRunningJobs
VOTotalJobs StateTotalJobs
VOWaitingJobs StateWaitingJobs
VOCEVOs AccessControlBaseRule
VOEstRespTime StateEstimatedResponseTime
VOWorstRespTime StateWorstResponseTime
"""
_MACHINE = """
Memory HostMainMemoryRAMSize
VMemory HostMainMemoryVirtualSize
InboundIP HostNetworkAdapterInboundIP
OutboundIP HostNetworkAdapterOutboundIP
OS HostOperatingSystemName
OSRelease HostOperatingSystemRelease
OSVersion HostOperatingSystemVersion
Processor HostProcessorModel
ClockSpeed HostProcessorClockSpeed
CPUVendor HostProcessorVendor
PhysicalCPU SubClusterPhysicalCPUs
LogicalCPU SubClusterLogicalCPUs
TmpDir SubClusterTmpDir
WNTmpDir SubClusterWNTmpDir
PlatformArch HostArchitecturePlatformType
SMPSize HostArchitectureSMPSize
CINT2000 HostBenchmarkSI00
CFP2000 HostBenchmarkSF00
Tag HostApplicationSoftwareRunTimeEnvironment
SI00 HostBenchmarkSI00
SF00 HostBenchmarkSF00
OutIP HostNetworkAdapterOutboundIP
InIP HostNetworkAdapterInboundIP
"""
_SE = """
SE GlueSEUniqueID
SEName GlueSEName
SEArch GlueSEArchitecture
SESite GlueForeignKey
SEImpl GlueSEImplementationName
SEImplVer GlueSEImplementationVersion
SEStatus GlueSEStatus
SESize GlueSESizeTotal
SEType GlueSEType
SEPort GlueSEPort
"""
_AREA = """
SAID LocalID
SAName Name
Path Path
SAVOs AccessControlBaseRule
TotalOnline TotalOnlineSize
UsedOnline UsedOnlineSize
FreeOnline FreeOnlineSize
ReservedOnline ReservedOnlineSize
TotalNearline TotalNearlineSize
UsedNearline UsedNearlineSize
FreeNearline FreeNearlineSize
ReservedNearline ReservedNearlineSize
RetentionPol RetentionPolicy
AccessLat AccessLatency
SACapability Capability
AvailableSpace StateAvailableSpace
UsedSpace StateUsedSpace
SEVOs AccessControlBaseRule
Root Root
SAType Type
"""
_VO_INFO = """
VOInfoID GlueVOInfoLocalID
VOInfoName GlueVOInfoName
VOInfoPath GlueVOInfoPath
VOInfoTag GlueVOInfoTag
VOInfoVOs GlueVOInfoAccessControlBaseRule
VOInfoSA GlueChunkKey
"""
_PROTOCOL = """
ProtType Type
ProtEP Endpoint
ProtVersion Version
ProtCapability Capability
ProtMaxStreams MaxStreams
Protocol Type
Port Port
"""
_BIND = """
MountInfo GlueCESEBindMountInfo
Accesspoint GlueCESEBindCEAccesspoint
"""
_SERVICE = """
ServiceID GlueServiceUniqueID
ServiceType GlueServiceType
ServiceName GlueServiceName
ServiceVersion GlueServiceVersion
ServiceEndpoint GlueServiceEndpoint
ServiceAccesspoint GlueServiceAccessPointURL
ServiceURI GlueServiceURI
ServiceStatus GlueServiceStatus
ServiceStatusInfo GlueServiceStatusInfo
ServiceWSDL GlueServiceWSDL
ServiceOwner GlueServiceOwner
ServiceVOs GlueServiceAccessControlBaseRule
ServiceSite GlueForeignKey
"""
_SITE = """
SiteID UniqueID
SiteName Name
SiteDesc Description
SiteSupport UserSupportContact
SiteAdmin SysAdminContact
SiteLocation Location
SiteSecurity SecurityContact
SiteInfo OtherInfo
"""

ATTRIBUTES = {
    "CE": [
        *_of("GlueCE", _CE, "GlueCE"),
        *_of("GlueVOView", _VIEW, "GlueCE"),
        *_of("GlueSubCluster", _MACHINE, "Glue"),
        *_of("GlueCESEBindGroup", "CloseSE GlueCESEBindGroupSEUniqueID"),
    ],
    "SE": [
        *_of("GlueSE", _SE),
        *_of("GlueSA", _AREA, "GlueSA"),
        *_of("GlueVOInfo", _VO_INFO),
        *_of("GlueSEAccessProtocol", _PROTOCOL, "GlueSEAccessProtocol"),
        *_of("GlueCESEBindGroup", "CloseCE GlueCESEBindGroupCEUniqueID"),
        *_of("GlueCESEBind", _BIND),
    ],
    "Service": _of("GlueService", _SERVICE),
    "Site": _of("GlueSite", _SITE, "GlueSite"),
}
"""By what is listed; the first of each is its id."""
