"""Outputs that nobody fetches do not stay for ever: after some days the job is Cleared, as by gLite's purger.

gLite ran glite-wms-purgeStorage every six hours, with a threshold of seven days (604800 s, config_cron_wms).
Jobs that were aborted or cancelled have no sandbox left by then: they stay as they are.
"""

from __future__ import annotations

import logging
import time

from gridware.wms.broker import places
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.job import Job, State
from gridware.wms.broker.settings import Settings

EVERY = 3600.0
"""Seconds between two looks: the engine comes by anyway, this only spares the question."""

log = logging.getLogger("purger")


class Purger:
    """Belongs to the engine's thread."""

    def __init__(self, books: Bookkeeping, settings: Settings) -> None:
        self._books = books
        self._life = settings.sandbox_days * 86400
        self._next = 0.0

    def look(self, now: float | None = None) -> list[Job]:
        """Clear what is too old, at most once in EVERY seconds; ``now``: epoch seconds. What was cleared."""
        now = time.time() if now is None else now
        # A clock that was set back must not stop it for longer than usual.
        if self._next - EVERY <= now < self._next:
            return []
        self._next = now + EVERY
        old = [job for job in self._books.store.in_states([State.DONE]) if self._over(job, now)]
        for job in old:
            self._books.timed_out(job)
            places.purge(job)
            log.info("%s: its output was not fetched and is gone", job.id)
        return old

    def _over(self, job: Job, now: float) -> bool:
        """Not while HTCondor may still hold an attempt: its directory is that of the job."""
        return now - job.changed > self._life and not job.leftover
