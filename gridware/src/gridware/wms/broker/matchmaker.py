"""Finds a CE for a job, or says why there is none: at once, or after waiting for resources to be known."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gridware.bdii.server import BdiiError
from gridware.jdl.attributes import text, true
from gridware.wms import data, matching
from gridware.wms.broker import choice, deadline
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.job import Job
from gridware.wms.broker.replicafinder import ReplicaFinder
from gridware.wms.broker.settings import Settings
from gridware.wms.data import NOTHING, Data
from gridware.wms.replicas import CatalogueAwayError, ReplicaError
from gridware.wms.resources import Resource, ask

_FRESH = 2.0
"""Seconds for which an answer of the information system is used again."""


@dataclass(frozen=True)
class Choice:
    """Where a job goes, and where its files lie."""

    resource: Resource
    data: Data


class Matchmaker:
    """Belongs to the engine's thread."""

    def __init__(self, books: Bookkeeping, settings: Settings, wake: Callable[[], None]) -> None:
        self._books = books
        self._settings = settings
        self._wake = wake
        self._replicas = ReplicaFinder(settings)
        self._resources: tuple[float, list[Resource]] = (0, [])
        self._avoid: dict[str, float] = {}

    def choose(self, job: Job) -> Choice | None:
        """A CE for a job; None if it has to wait, or has been aborted: the books say why."""
        try:
            return self._chosen(job)
        except BdiiError as error:
            self._wait(job, f"the information system does not answer: {error}")
        except CatalogueAwayError as error:
            self._wait(job, f"the file catalogue does not answer: {error}")
        except (matching.MatchError, ReplicaError) as error:
            self._books.aborted(job, f"{matching.CANNOT_PLAN}BrokerHelper: {error}")
        return None

    def known(self) -> list[Resource]:
        """What the information system has; raises BdiiError."""
        asked, resources = self._resources
        if time.monotonic() - asked > _FRESH or not resources:
            resources = ask(self._settings.bdii)
            self._resources = (time.monotonic(), resources)
        return resources

    def resource(self, ceid: str) -> Resource:
        """What is known of one CE; raises BdiiError."""
        return next((each for each in self.known() if each.ceid == ceid), Resource(ceid, {}, ()))

    def avoid(self, ceid: str) -> None:
        """A CE has just failed: for a while it gets jobs only if there is no other."""
        self._avoid[ceid.partition(":")[0]] = time.time() + 6 * self._settings.retry_pause

    def forget(self, open_jobs: set[str]) -> None:
        """Only these jobs are still of interest."""
        self._replicas.forget(open_jobs)

    def _chosen(self, job: Job) -> Choice | None:
        ad = matching.parse(job.jdl)
        names = data.wanted(ad)
        files = self._replicas.of(job, names, self._wake) if names else None
        if names and files is None:
            return None
        resources = self.known()
        there = files.with_elements(resources) if files else NOTHING
        if (wanted := text(ad, "SubmitTo")) and not matching.host_only(ad):
            return Choice(self.resource(wanted), there)
        found = matching.match(job.jdl, resources, job.vo, job.fqans, files)
        if not any(each.open_to(job.vo, job.fqans) for each in resources):
            self._wait(job, matching.NO_RESOURCES)
        elif not matching.of_host(ad, resources):
            known = ", ".join(sorted({each.host for each in resources}))
            self._none_fits(job, f"{matching.NO_RESOURCES} ({wanted} is no CE; known: {known})")
        elif not found:
            self._none_fits(job, matching.none_left(job.jdl, files))
        else:
            now = time.time()
            good = [each for each in found if self._avoid.get(each.resource.host, 0) < now] or found
            return Choice(choice.best(good, true(ad, "FuzzyRank")).resource, there)
        return None

    def _none_fits(self, job: Job, reason: str) -> None:
        """Who says until when wants the job to wait until then, as in gLite; who does not is told at once."""
        if deadline.of(job):
            self._pending(job, reason, self._settings.match_pause)
        else:
            self._books.aborted(job, matching.CANNOT_PLAN + reason)

    def _wait(self, job: Job, reason: str) -> None:
        """For what comes back by itself; until the ExpiryTime, or as long as patience lasts."""
        if deadline.of(job) or time.time() - job.since <= self._settings.match_patience:
            self._pending(job, reason, self._settings.retry_pause)
        else:
            self._books.aborted(job, matching.CANNOT_PLAN + reason)

    def _pending(self, job: Job, reason: str, pause: float) -> None:
        # On the same strokes for all: one answer of the information system does for every job that waits.
        due = (time.time() // pause + 1) * pause
        self._books.pending(job, reason, min(due, deadline.of(job) or due))
