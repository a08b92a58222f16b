"""GLUE 1.3 records of a CE: queues, VO views, cluster and close SE, with live numbers."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gridware.gridinfo import batch, machine
from gridware.gridinfo.command import output
from gridware.gridinfo.glue import RELEASE, SCHEMA, SCHEMA_CLASS, site_key
from gridware.gridinfo.ldif import Directory, entry
from gridware.gridinfo.machine import Machine

_UNSET = 999999999
"""GLUE's placeholder for a number without limit."""

Settings = Mapping[str, Any]


class Batch(NamedTuple):
    """The batch system now."""

    queues: Mapping[str, batch.Queue]
    jobs: Mapping[str, batch.Jobs]
    vo_jobs: Mapping[str, batch.Jobs]
    answers: bool

    @property
    def idle(self) -> bool:
        """Whether it has machines, and no jobs."""
        return any(queue.total for queue in self.queues.values()) and not self.jobs


def provide(settings: Settings) -> Directory:
    """The CE's records; ``settings`` is /etc/gridinfo.toml."""
    ce = settings["ce"]
    if not (_now and _now[0].idle and _calm.lasts()):
        _now[:] = [read_batch(ce["vo"])]
    return records(settings, _now[0], machine.read(), read_tags(Path(ce["tags"])))


_now: list[Batch] = []
_calm = batch.Calm()


def complete() -> bool:
    """Whether the batch system had machines to tell of when it was asked last."""
    return any(queue.total for now in _now for queue in now.queues.values())


def read_batch(vo: str) -> Batch:
    queues = output(batch.SINFO)
    jobs = None if queues is None else output(batch.SQUEUE)
    if queues is None or jobs is None:
        return Batch({}, {}, {}, False)
    return Batch(batch.parse_sinfo(queues), *batch.parse_squeue(jobs, vo), True)


def read_tags(folder: Path) -> list[str]:
    """Software tags: lines of ``<folder>/<vo>/<vo>.list``, where gLite's VO managers put them."""
    tags: set[str] = set()
    for path in folder.glob("*/*.list"):
        tags.update(filter(str.isprintable, path.read_text(errors="replace").split()))
    return sorted(tags)


def records(settings: Settings, now: Batch, machine: Machine, tags: list[str]) -> Directory:
    site, ce = settings["site"], settings["ce"]
    found = {
        **_cluster(site, ce),
        **_subcluster(ce, now, machine, tags),
    }
    for queue in ce["queues"]:
        found |= _queue(ce, now, queue["name"], queue["minutes"], machine.figures.si00)
    return found


def ce_id(ce: Settings, queue: str) -> str:
    return f"{ce['host']}:{ce['gatekeeper_port']}/jobmanager-{ce['lrms']}-{queue}"


def _cluster(site: str, ce: Settings) -> Directory:
    ids = [ce_id(ce, queue["name"]) for queue in ce["queues"]]
    return {
        f"GlueClusterUniqueID={ce['host']}": entry(
            ["GlueClusterTop", "GlueCluster", "GlueInformationService", "GlueKey", SCHEMA_CLASS],
            GlueClusterUniqueID=ce["host"],
            GlueClusterName=ce["host"],
            GlueClusterService=ids,
            GlueForeignKey=[site_key(site), *(f"GlueCEUniqueID={each}" for each in ids)],
            GlueInformationServiceURL=f"ldap://{ce['host']}:{ce['bdii_port']}/mds-vo-name=resource,o=grid",
            **SCHEMA,
        )
    }


_HOST_CLASSES = ["Architecture", "Processor", "MainMemory", "OperatingSystem", "NetworkAdapter", "Benchmark"]


def _subcluster(ce: Settings, now: Batch, machine: Machine, tags: list[str]) -> Directory:
    cpus = max((queue.total for queue in now.queues.values()), default=0)
    return {
        f"GlueSubClusterUniqueID={ce['host']},GlueClusterUniqueID={ce['host']}": entry(
            ["GlueClusterTop", "GlueSubCluster", *(f"GlueHost{name}" for name in _HOST_CLASSES),
             "GlueHostApplicationSoftware", "GlueInformationService", "GlueKey", SCHEMA_CLASS],
            GlueSubClusterUniqueID=ce["host"],
            GlueSubClusterName=ce["host"],
            GlueSubClusterTmpDir="/tmp",
            GlueSubClusterWNTmpDir="/tmp",
            GlueSubClusterPhysicalCPUs=cpus,
            GlueSubClusterLogicalCPUs=cpus,
            GlueChunkKey=f"GlueClusterUniqueID={ce['host']}",
            GlueHostArchitecturePlatformType=machine.architecture,
            GlueHostArchitectureSMPSize=ce["slots"],
            GlueHostProcessorModel=machine.model,
            GlueHostProcessorVendor=machine.vendor,
            GlueHostProcessorClockSpeed=machine.mhz,
            GlueHostMainMemoryRAMSize=machine.ram,
            GlueHostMainMemoryVirtualSize=machine.virtual,
            GlueHostOperatingSystemName=machine.system,
            GlueHostOperatingSystemRelease=machine.release,
            GlueHostOperatingSystemVersion=os.uname().release,
            GlueHostBenchmarkSI00=machine.figures.si00,
            GlueHostBenchmarkSF00=machine.figures.sf00,
            GlueHostNetworkAdapterOutboundIP=True,
            GlueHostNetworkAdapterInboundIP=False,
            GlueHostApplicationSoftwareRunTimeEnvironment=tags,
            GlueInformationServiceURL=f"ldap://{ce['host']}:{ce['bdii_port']}/mds-vo-name=resource,o=grid",
            **SCHEMA,
        )
    }  # fmt: skip


def _queue(ce: Settings, now: Batch, name: str, minutes: int, scale: int) -> Directory:
    """A queue's CE record, its view for the VO, and its close SE.

    ``scale`` is what its times are counted in (SPECint2000): that of the WNs themselves.
    """
    queue = now.queues.get(name, batch.UNKNOWN)
    no_jobs = batch.NO_JOBS if now.answers else batch.UNKNOWN_JOBS
    jobs, vo_jobs = now.jobs.get(name, no_jobs), now.vo_jobs.get(name, no_jobs)
    contact, rule = ce_id(ce, name), f"VO:{ce['vo']}"
    dn = f"GlueCEUniqueID={contact}"
    return {
        dn: entry(
            ["GlueCETop", "GlueCE", "GlueCEInfo", "GlueCEState", "GlueCEPolicy", "GlueCEAccessControlBase",
             "GlueInformationService", "GlueKey", SCHEMA_CLASS],
            GlueCEUniqueID=contact,
            GlueCEName=name,
            GlueCEHostingCluster=ce["host"],
            GlueCEImplementationName="LCG-CE",
            GlueCEImplementationVersion=RELEASE,
            GlueCECapability=[f"CPUScalingReferenceSI00={scale}"],
            GlueCEInfoContactString=contact,
            GlueCEInfoHostName=ce["host"],
            GlueCEInfoGatekeeperPort=ce["gatekeeper_port"],
            GlueCEInfoJobManager=ce["lrms"],
            GlueCEInfoLRMSType=ce["lrms"],
            GlueCEInfoTotalCPUs=queue.total,
            GlueCEInfoDefaultSE=ce["close_ses"][0],
            GlueCEInfoApplicationDir=ce["software"],
            GlueCEInfoDataDir="unset",
            **_state(queue, jobs, minutes),
            **_policy(queue, minutes),
            GlueCEAccessControlBaseRule=rule,
            GlueForeignKey=f"GlueClusterUniqueID={ce['host']}",
            GlueInformationServiceURL=f"ldap://{ce['host']}:{ce['bdii_port']}/mds-vo-name=resource,o=grid",
            **SCHEMA,
        ),
        f"GlueVOViewLocalID={ce['vo']},{dn}": entry(
            ["GlueCETop", "GlueVOView", "GlueCEInfo", "GlueCEState", "GlueCEPolicy",
             "GlueCEAccessControlBase", "GlueKey", SCHEMA_CLASS],
            GlueVOViewLocalID=ce["vo"],
            GlueCEInfoTotalCPUs=queue.total,
            GlueCEInfoDefaultSE=ce["close_ses"][0],
            GlueCEInfoApplicationDir=ce["software"],
            GlueCEInfoDataDir="unset",
            **_state(queue, vo_jobs, minutes),
            GlueCEAccessControlBaseRule=rule,
            GlueChunkKey=dn,
            **SCHEMA,
        ),
        **_close_se(ce, contact),
    }  # fmt: skip


def _state(queue: batch.Queue, jobs: batch.Jobs, minutes: int) -> dict[str, object]:
    estimated, worst = batch.response_times(queue, jobs, minutes)
    return {
        "GlueCEStateStatus": queue.status,
        "GlueCEStateRunningJobs": jobs.running,
        "GlueCEStateWaitingJobs": jobs.waiting,
        "GlueCEStateTotalJobs": jobs.running + jobs.waiting,
        "GlueCEStateFreeCPUs": queue.free,
        "GlueCEStateFreeJobSlots": queue.free,
        "GlueCEStateEstimatedResponseTime": estimated,
        "GlueCEStateWorstResponseTime": worst,
    }


def _policy(queue: batch.Queue, minutes: int) -> dict[str, object]:
    return {
        "GlueCEPolicyMaxWallClockTime": minutes,
        "GlueCEPolicyMaxCPUTime": minutes,
        "GlueCEPolicyMaxRunningJobs": _UNSET,
        "GlueCEPolicyMaxWaitingJobs": _UNSET,
        "GlueCEPolicyMaxTotalJobs": _UNSET,
        "GlueCEPolicyAssignedJobSlots": queue.total,
        "GlueCEPolicyPriority": 1,
        "GlueCEPolicyPreemption": 0,
    }


def _close_se(ce: Settings, contact: str) -> Directory:
    group = f"GlueCESEBindGroupCEUniqueID={contact}"
    found = {
        group: entry(
            ["GlueGeneralTop", "GlueCESEBindGroup", SCHEMA_CLASS],
            GlueCESEBindGroupCEUniqueID=contact,
            GlueCESEBindGroupSEUniqueID=ce["close_ses"],
            **SCHEMA,
        )
    }
    for se in ce["close_ses"]:
        found[f"GlueCESEBindSEUniqueID={se},{group}"] = entry(
            ["GlueGeneralTop", "GlueCESEBind", SCHEMA_CLASS],
            GlueCESEBindCEUniqueID=contact,
            GlueCESEBindSEUniqueID=se,
            GlueCESEBindCEAccesspoint=ce["storage"],
            GlueCESEBindMountInfo="n.a",
            GlueCESEBindWeight=0,
            **SCHEMA,
        )
    return found
