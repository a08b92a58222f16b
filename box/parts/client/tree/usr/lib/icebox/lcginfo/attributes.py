"""The short attribute names of lcg-info and what they stand for in GLUE 1.3."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attribute:
    """A short name and the GLUE attribute in an entry of ``object``."""

    name: str
    object: str
    glue: str


def _of(kind: str, names: dict[str, str]) -> list[Attribute]:
    return [Attribute(name, kind, glue) for name, glue in names.items()]


CE_ATTRIBUTES = [
    *_of(
        "GlueCE",
        {
            "CE": "GlueCEUniqueID",
            "CEName": "GlueCEName",
            "CEStatus": "GlueCEStateStatus",
            "CEVOs": "GlueCEAccessControlBaseRule",
            "TotalCPUs": "GlueCEInfoTotalCPUs",
            "FreeCPUs": "GlueCEStateFreeCPUs",
            "FreeJobSlots": "GlueCEStateFreeJobSlots",
            "RunningJobs": "GlueCEStateRunningJobs",
            "WaitingJobs": "GlueCEStateWaitingJobs",
            "TotalJobs": "GlueCEStateTotalJobs",
            "EstRespTime": "GlueCEStateEstimatedResponseTime",
            "WorstRespTime": "GlueCEStateWorstResponseTime",
            "MaxCPUTime": "GlueCEPolicyMaxCPUTime",
            "MaxWCTime": "GlueCEPolicyMaxWallClockTime",
            "MaxRunningJobs": "GlueCEPolicyMaxRunningJobs",
            "MaxTotalJobs": "GlueCEPolicyMaxTotalJobs",
            "Priority": "GlueCEPolicyPriority",
            "ASlots": "GlueCEPolicyAssignedJobSlots",
            "LRMS": "GlueCEInfoLRMSType",
            "LRMSVersion": "GlueCEInfoLRMSVersion",
            "JobManager": "GlueCEInfoJobManager",
            "GRAMVersion": "GlueCEInfoGRAMVersion",
            "CEAppDir": "GlueCEInfoApplicationDir",
            "DataDir": "GlueCEInfoDataDir",
            "DefaultSE": "GlueCEInfoDefaultSE",
        },
    ),
    *_of("GlueCESEBindGroup", {"CloseSE": "GlueCESEBindGroupSEUniqueID"}),
    *_of(
        "GlueSubCluster",
        {
            "Cluster": "GlueSubClusterUniqueID",
            "Tag": "GlueHostApplicationSoftwareRunTimeEnvironment",
            "Memory": "GlueHostMainMemoryRAMSize",
            "VMemory": "GlueHostMainMemoryVirtualSize",
            "OS": "GlueHostOperatingSystemName",
            "OSRelease": "GlueHostOperatingSystemRelease",
            "OSVersion": "GlueHostOperatingSystemVersion",
            "Processor": "GlueHostProcessorModel",
            "ClockSpeed": "GlueHostProcessorClockSpeed",
            "PlatformArch": "GlueHostArchitecturePlatformType",
            "SMPSize": "GlueHostArchitectureSMPSize",
            "SI00": "GlueHostBenchmarkSI00",
            "SF00": "GlueHostBenchmarkSF00",
            "OutIP": "GlueHostNetworkAdapterOutboundIP",
            "InIP": "GlueHostNetworkAdapterInboundIP",
        },
    ),
]

SE_ATTRIBUTES = [
    *_of(
        "GlueSE",
        {
            "SE": "GlueSEUniqueID",
            "SEName": "GlueSEName",
            "SEArch": "GlueSEArchitecture",
            "SEStatus": "GlueSEStatus",
            "SESize": "GlueSESizeTotal",
        },
    ),
    *_of(
        "GlueSA",
        {
            "SEVOs": "GlueSAAccessControlBaseRule",
            "AvailableSpace": "GlueSAStateAvailableSpace",
            "UsedSpace": "GlueSAStateUsedSpace",
            "Path": "GlueSAPath",
            "Root": "GlueSARoot",
            "SAType": "GlueSAType",
        },
    ),
    *_of(
        "GlueSEAccessProtocol", {"Protocol": "GlueSEAccessProtocolType", "Port": "GlueSEAccessProtocolPort"}
    ),
    *_of("GlueCESEBindGroup", {"CloseCE": "GlueCESEBindGroupCEUniqueID"}),
]
