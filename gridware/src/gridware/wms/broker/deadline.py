"""ExpiryTime: a job that has not started by then is given up."""

from __future__ import annotations

import time

from gridware.jdl.attributes import whole
from gridware.wms.broker.job import Job
from gridware.wms.matching import parse

REASON = "request expired: the job has not started before its ExpiryTime"


def of(job: Job) -> int:
    """The ExpiryTime of a job's JDL in epoch seconds; 0 for a job that has none."""
    return whole(parse(job.jdl), "ExpiryTime")


def over(job: Job, now: float | None = None) -> bool:
    """Is the ExpiryTime of a job over? False for a job that has none."""
    expiry = of(job)
    return bool(expiry) and (time.time() if now is None else now) > expiry
