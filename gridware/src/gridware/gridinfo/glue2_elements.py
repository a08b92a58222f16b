"""GLUE 2 records of a computing and of a storage element."""

from collections.abc import Iterator

from gridware.gridinfo.glue2_parts import Made, access, endpoint, mapping, service, service_dn
from gridware.gridinfo.ldif import Directory, Entry, entry

_SECONDS = 60
"""Of a minute: GLUE 1.3 counts times of queues in minutes, GLUE 2 in seconds."""
_PLATFORMS = {"x86_64": "amd64", "i686": "i386", "aarch64": "arm64"}
"""Platform_t of what ``uname -m`` says."""
_IMPLEMENTATIONS = {"gsiftp": "GridFTP", "xroot": "XRootD"}
_OPEN = {"Production": "production", "Queueing": "queueing", "Draining": "draining", "Closed": "closed"}


def computing(site: str, cluster: Entry, records: Directory) -> Iterator[Made]:
    """The computing service behind a cluster, with its queues and machines."""
    host = cluster["GlueClusterUniqueID"][0]
    name, manager = f"{host}_ComputingElement", f"{host}_ComputingElement_Manager"
    queues = [each for each in records.values() if each.get("GlueCEHostingCluster") == [host]]
    machine = records.get(f"GlueSubClusterUniqueID={host},GlueClusterUniqueID={host}")
    gate = f"{host}_org.edg.gatekeeper"
    contact = records.get(f"GlueServiceUniqueID={gate}")
    if not queues or machine is None or contact is None:
        return  # read while they were being written; the next round has all of them
    vos = contact["GlueServiceAccessControlBaseRule"]
    yield service(
        site,
        name,
        "org.edg.gatekeeper",
        "executionmanagement.jobexecution",
        "GLUE2ComputingService",
        GLUE2ComputingServiceTotalJobs=_sum(queues, "GlueCEStateTotalJobs"),
        GLUE2ComputingServiceRunningJobs=_sum(queues, "GlueCEStateRunningJobs"),
        GLUE2ComputingServiceWaitingJobs=_sum(queues, "GlueCEStateWaitingJobs"),
    )
    yield endpoint(
        gate,
        name,
        "org.edg.gatekeeper",
        "GLUE2ComputingEndpoint",
        url=contact["GlueServiceEndpoint"][0],
        serving="production" if contact["GlueServiceStatus"] == ["OK"] else "closed",
        GLUE2EndpointHealthStateInfo=contact["GlueServiceStatusInfo"],
        GLUE2EndpointImplementationName=queues[0]["GlueCEImplementationName"],
        GLUE2EndpointImplementationVersion=queues[0]["GlueCEImplementationVersion"],
        GLUE2ComputingEndpointJobDescription="globus:rsl",
        GLUE2ComputingEndpointComputingServiceForeignKey=name,
    )
    yield access(gate, name, vos)
    for queue in queues:
        yield from _share(name, gate, queue, machine)
    yield _manager(name, manager, queues, machine)
    yield _environment(name, manager, host, machine)
    yield from _benchmarks(name, manager, host, machine)
    for tag in machine.get("GlueHostApplicationSoftwareRunTimeEnvironment", ()):
        yield _application(name, manager, tag)


def _used(queue: Entry) -> int:
    return int(queue["GlueCEInfoTotalCPUs"][0]) - int(queue["GlueCEStateFreeJobSlots"][0])


def _sum(entries: list[Entry], attribute: str) -> int:
    return sum(int(each[attribute][0]) for each in entries)


def _share(name: str, gate: str, queue: Entry, machine: Entry) -> Iterator[Made]:
    share, host = queue["GlueCEUniqueID"][0], queue["GlueCEHostingCluster"][0]
    dn = f"GLUE2ShareID={share},{service_dn(name)}"
    walltime = int(queue["GlueCEPolicyMaxWallClockTime"][0]) * _SECONDS
    cputime = int(queue["GlueCEPolicyMaxCPUTime"][0]) * _SECONDS
    yield (
        dn,
        entry(
            ["GLUE2Entity", "GLUE2Share", "GLUE2ComputingShare"],
            GLUE2ShareID=share,
            GLUE2EntityName=queue["GlueCEName"],
            GLUE2ShareServiceForeignKey=name,
            GLUE2ShareEndpointForeignKey=gate,
            GLUE2ShareResourceForeignKey=host,
            GLUE2ComputingShareMappingQueue=queue["GlueCEName"],
            GLUE2ComputingShareServingState=_OPEN[queue["GlueCEStateStatus"][0]],
            GLUE2ComputingShareMaxWallTime=walltime,
            GLUE2ComputingShareDefaultWallTime=walltime,
            GLUE2ComputingShareMaxCPUTime=cputime,
            GLUE2ComputingShareDefaultCPUTime=cputime,
            GLUE2ComputingShareMaxMainMemory=machine["GlueHostMainMemoryRAMSize"],
            GLUE2ComputingShareMaxVirtualMemory=machine["GlueHostMainMemoryVirtualSize"],
            GLUE2ComputingShareMaxSlotsPerJob=queue["GlueCEPolicyAssignedJobSlots"],
            GLUE2ComputingShareUsedSlots=_used(queue),
            GLUE2ComputingShareRunningJobs=queue["GlueCEStateRunningJobs"],
            GLUE2ComputingShareWaitingJobs=queue["GlueCEStateWaitingJobs"],
            GLUE2ComputingShareTotalJobs=queue["GlueCEStateTotalJobs"],
            GLUE2ComputingShareFreeSlots=queue["GlueCEStateFreeJobSlots"],
            GLUE2ComputingShareEstimatedAverageWaitingTime=queue["GlueCEStateEstimatedResponseTime"],
            GLUE2ComputingShareEstimatedWorstWaitingTime=queue["GlueCEStateWorstResponseTime"],
            GLUE2ComputingShareComputingEndpointForeignKey=gate,
            GLUE2ComputingShareExecutionEnvironmentForeignKey=host,
            GLUE2ComputingShareComputingServiceForeignKey=name,
        ),
    )
    yield mapping(share, dn, queue["GlueCEAccessControlBaseRule"])


def _manager(name: str, manager: str, queues: list[Entry], machine: Entry) -> Made:
    return f"GLUE2ManagerID={manager},{service_dn(name)}", entry(
        ["GLUE2Entity", "GLUE2Manager", "GLUE2ComputingManager"],
        GLUE2ManagerID=manager,
        GLUE2ManagerProductName=queues[0]["GlueCEInfoLRMSType"],
        GLUE2ManagerServiceForeignKey=name,
        GLUE2ComputingManagerTotalPhysicalCPUs=machine["GlueSubClusterPhysicalCPUs"],
        GLUE2ComputingManagerTotalLogicalCPUs=machine["GlueSubClusterLogicalCPUs"],
        GLUE2ComputingManagerTotalSlots=machine["GlueSubClusterLogicalCPUs"],
        GLUE2ComputingManagerComputingServiceForeignKey=name,
    )


def _environment(name: str, manager: str, host: str, machine: Entry) -> Made:
    platform = machine["GlueHostArchitecturePlatformType"][0]
    return f"GLUE2ResourceID={host},GLUE2ManagerID={manager},{service_dn(name)}", entry(
        ["GLUE2Entity", "GLUE2Resource", "GLUE2ExecutionEnvironment"],
        GLUE2ResourceID=host,
        GLUE2ResourceManagerForeignKey=manager,
        GLUE2ExecutionEnvironmentPlatform=_PLATFORMS.get(platform, platform),
        GLUE2ExecutionEnvironmentPhysicalCPUs=machine["GlueHostArchitectureSMPSize"],
        GLUE2ExecutionEnvironmentLogicalCPUs=machine["GlueHostArchitectureSMPSize"],
        GLUE2ExecutionEnvironmentCPUTimeScalingFactor=1,
        GLUE2ExecutionEnvironmentWallTimeScalingFactor=1,
        GLUE2ExecutionEnvironmentCPUVendor=machine["GlueHostProcessorVendor"],
        GLUE2ExecutionEnvironmentCPUModel=machine["GlueHostProcessorModel"],
        GLUE2ExecutionEnvironmentCPUClockSpeed=machine["GlueHostProcessorClockSpeed"],
        GLUE2ExecutionEnvironmentMainMemorySize=machine["GlueHostMainMemoryRAMSize"],
        GLUE2ExecutionEnvironmentVirtualMemorySize=machine["GlueHostMainMemoryVirtualSize"],
        GLUE2ExecutionEnvironmentOSFamily="linux",
        GLUE2ExecutionEnvironmentOSName=machine["GlueHostOperatingSystemName"],
        GLUE2ExecutionEnvironmentOSVersion=machine["GlueHostOperatingSystemRelease"],
        GLUE2ExecutionEnvironmentConnectivityIn=machine["GlueHostNetworkAdapterInboundIP"][0].lower(),
        GLUE2ExecutionEnvironmentConnectivityOut=machine["GlueHostNetworkAdapterOutboundIP"][0].lower(),
        GLUE2ExecutionEnvironmentComputingManagerForeignKey=manager,
    )


_BENCHMARKS = {"specint2000": "GlueHostBenchmarkSI00", "specfp2000": "GlueHostBenchmarkSF00"}
"""Benchmark_t of GLUE 2, and where GLUE 1.3 has it."""


def _benchmarks(name: str, manager: str, host: str, machine: Entry) -> Iterator[Made]:
    above = f"GLUE2ResourceID={host},GLUE2ManagerID={manager},{service_dn(name)}"
    for kind, attribute in _BENCHMARKS.items():
        yield (
            f"GLUE2BenchmarkID={host}_{kind},{above}",
            entry(
                ["GLUE2Entity", "GLUE2Benchmark"],
                GLUE2BenchmarkID=f"{host}_{kind}",
                GLUE2BenchmarkType=kind,
                GLUE2BenchmarkValue=machine[attribute],
                GLUE2BenchmarkExecutionEnvironmentForeignKey=host,
                GLUE2BenchmarkComputingManagerForeignKey=manager,
            ),
        )


def _application(name: str, manager: str, tag: str) -> Made:
    application = f"{manager}_{tag}"
    return f"GLUE2ApplicationEnvironmentID={application},GLUE2ManagerID={manager},{service_dn(name)}", entry(
        ["GLUE2Entity", "GLUE2ApplicationEnvironment"],
        GLUE2ApplicationEnvironmentID=application,
        GLUE2ApplicationEnvironmentAppName=tag,
        GLUE2ApplicationEnvironmentComputingManagerForeignKey=manager,
    )


def storage(site: str, element: Entry, records: Directory) -> Iterator[Made]:
    """The storage service of an SE, with its protocols, its space and the VO's share of it."""
    host = element["GlueSEUniqueID"][0]
    name, key = f"{host}_StorageElement", [f"GlueSEUniqueID={host}"]
    own = [each for each in records.values() if each.get("GlueChunkKey") == key]
    areas = [each for each in own if "GlueSA" in each["objectClass"]]
    protocols = [each for each in own if "GlueSEAccessProtocol" in each["objectClass"]]
    vos = [rule for area in areas for rule in area["GlueSAAccessControlBaseRule"] if rule.startswith("VO:")]
    yield service(site, name, "org.glite.classic-se", "data.management.storage", "GLUE2StorageService")
    for protocol in protocols:
        yield from _door(name, protocol, _OPEN[element["GlueSEStatus"][0]], vos)
    yield from _stores(name, element)
    for area in areas:
        yield from _area(name, area, _OPEN[element["GlueSEStatus"][0]])


def _door(name: str, protocol: Entry, serving: str, vos: list[str]) -> Iterator[Made]:
    kind, version = protocol["GlueSEAccessProtocolType"][0], protocol["GlueSEAccessProtocolVersion"][0]
    door = f"{name}_{kind}"
    url = protocol["GlueSEAccessProtocolEndpoint"][0]
    yield endpoint(
        door,
        name,
        kind,
        "GLUE2StorageEndpoint",
        url=url,
        serving=serving,
        GLUE2EndpointInterfaceVersion=version,
        GLUE2EndpointImplementationName=_IMPLEMENTATIONS[kind],
        GLUE2EndpointImplementationVersion=version,
        GLUE2StorageEndpointStorageServiceForeignKey=name,
    )
    yield access(door, name, vos)
    yield (
        f"GLUE2StorageAccessProtocolID={door},{service_dn(name)}",
        entry(
            ["GLUE2Entity", "GLUE2StorageAccessProtocol"],
            GLUE2StorageAccessProtocolID=door,
            GLUE2StorageAccessProtocolType=kind,
            GLUE2StorageAccessProtocolVersion=version,
            GLUE2StorageAccessProtocolStorageServiceForeignKey=name,
        ),
    )


def _stores(name: str, element: Entry) -> Iterator[Made]:
    total, used = (int(element[f"GlueSE{word}OnlineSize"][0]) for word in ("Total", "Used"))
    yield (
        f"GLUE2StorageServiceCapacityID={name}_online,{service_dn(name)}",
        entry(
            ["GLUE2Entity", "GLUE2StorageServiceCapacity"],
            GLUE2StorageServiceCapacityID=f"{name}_online",
            GLUE2StorageServiceCapacityType="online",
            GLUE2StorageServiceCapacityTotalSize=total,
            GLUE2StorageServiceCapacityUsedSize=used,
            GLUE2StorageServiceCapacityFreeSize=element["GlueSESizeFree"],
            GLUE2StorageServiceCapacityStorageServiceForeignKey=name,
        ),
    )
    manager = f"{name}_Manager"
    dn = f"GLUE2ManagerID={manager},{service_dn(name)}"
    yield (
        dn,
        entry(
            ["GLUE2Entity", "GLUE2Manager", "GLUE2StorageManager"],
            GLUE2ManagerID=manager,
            GLUE2ManagerProductName=element["GlueSEImplementationName"],
            GLUE2ManagerProductVersion=element["GlueSEImplementationVersion"],
            GLUE2ManagerServiceForeignKey=name,
            GLUE2StorageManagerStorageServiceForeignKey=name,
        ),
    )
    yield (
        f"GLUE2ResourceID={name}_disk,{dn}",
        entry(
            ["GLUE2Entity", "GLUE2Resource", "GLUE2DataStore"],
            GLUE2ResourceID=f"{name}_disk",
            GLUE2ResourceManagerForeignKey=manager,
            GLUE2DataStoreType="disk",
            GLUE2DataStoreLatency="online",
            GLUE2DataStoreTotalSize=total,
            GLUE2DataStoreUsedSize=used,
            GLUE2DataStoreStorageManagerForeignKey=manager,
        ),
    )


def _area(name: str, area: Entry, serving: str) -> Iterator[Made]:
    share = f"{name}_{area['GlueSALocalID'][0]}"
    dn = f"GLUE2ShareID={share},{service_dn(name)}"
    yield (
        dn,
        entry(
            ["GLUE2Entity", "GLUE2Share", "GLUE2StorageShare"],
            GLUE2ShareID=share,
            GLUE2ShareServiceForeignKey=name,
            GLUE2StorageShareServingState=serving,
            GLUE2StorageShareSharingID=share,
            GLUE2StorageShareAccessLatency=area["GlueSAAccessLatency"],
            GLUE2StorageShareRetentionPolicy=area["GlueSARetentionPolicy"],
            GLUE2StorageShareExpirationMode=area["GlueSAExpirationMode"][0].lower(),
            GLUE2StorageSharePath=area["GlueSAPath"],
            GLUE2StorageShareStorageServiceForeignKey=name,
        ),
    )
    rules = [rule for rule in area["GlueSAAccessControlBaseRule"] if rule.startswith("VO:")]
    yield mapping(share, dn, rules)
    yield (
        f"GLUE2StorageShareCapacityID={share}_online,{dn}",
        entry(
            ["GLUE2Entity", "GLUE2StorageShareCapacity"],
            GLUE2StorageShareCapacityID=f"{share}_online",
            GLUE2StorageShareCapacityType="online",
            GLUE2StorageShareCapacityTotalSize=area["GlueSATotalOnlineSize"],
            GLUE2StorageShareCapacityFreeSize=area["GlueSAFreeOnlineSize"],
            GLUE2StorageShareCapacityUsedSize=area["GlueSAUsedOnlineSize"],
            GLUE2StorageShareCapacityStorageShareForeignKey=share,
        ),
    )
