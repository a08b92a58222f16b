"""Looks jobs' files up in the catalogue, beside the engine: a slow catalogue holds up no other job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from gridware.wms import replicas
from gridware.wms.broker import places
from gridware.wms.broker.job import Job
from gridware.wms.broker.settings import Settings
from gridware.wms.data import Data

_AT_ONCE = 4
MOST_FILES = 1000
"""That one job may name: whoever names more keeps the others' questions waiting."""

Find = Callable[[Sequence[str], str, dict[str, str]], Data]


class ReplicaFinder:
    """Questions under way, one for each job; an answer is given once, so that the next try asks anew."""

    def __init__(self, settings: Settings, find: Find = replicas.find) -> None:
        self._bdii = ",".join(settings.bdii)
        self._find = find
        self._pool = ThreadPoolExecutor(_AT_ONCE, "catalogue")
        self._asked: dict[str, Future[Data]] = {}

    def of(self, job: Job, names: Sequence[str], wake: Callable[[], None]) -> Data | None:
        """Where these files lie; None while the catalogue is asked: ``wake`` is called once it has answered.

        Raises wms.replicas.ReplicaError, and OSError for a proxy that can't be read.
        """
        if len(names) > MOST_FILES:
            raise replicas.ReplicaError(f"{len(names)} files of InputData are more than {MOST_FILES}")
        asked = self._asked.get(job.id)
        if asked is None:
            asked = self._asked[job.id] = self._pool.submit(self._ask, job, list(names))
            asked.add_done_callback(lambda _done: wake())
        if not asked.done():
            return None
        del self._asked[job.id]
        return asked.result()

    def forget(self, open_jobs: set[str]) -> None:
        """Drop the answers for jobs that have been cancelled meanwhile."""
        for job_id in self._asked.keys() - open_jobs:
            del self._asked[job_id]

    def _ask(self, job: Job, names: list[str]) -> Data:
        environment = {"X509_USER_PROXY": str(places.proxy(job)), "LCG_GFAL_INFOSYS": self._bdii}
        return self._find(names, job.vo, environment)
