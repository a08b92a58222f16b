"""Moves jobs on: match-making, sending, watching, trying again, giving up. One thread, woken by what happens.

Each step is safe to repeat: after a crash the books, HTCondor's queue and the jobs' directories say where to
go on.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from gridware.wms.broker import compound, condor, deadline, delegation, gridmanager, places, retries, wrapper
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.children import Children
from gridware.wms.broker.job import AT_CE, Job, State
from gridware.wms.broker.matchmaker import Choice, Matchmaker
from gridware.wms.broker.purger import Purger
from gridware.wms.broker.renewal import Renewal
from gridware.wms.broker.settings import Settings

QUICK = 1.0
"""Seconds between two looks while an attempt is on its way to a CE."""
SLOW = 15.0
"""… while all attempts are at CEs: their wrappers speak up by themselves."""
IDLE = 60.0
BREATH = 0.3
"""From one round to the next at least: jobs that come together go on together, by one child."""
EXPIRED = "Job proxy is expired."

log = logging.getLogger("engine")


class Engine:
    """The loop; ``wake`` may be called from any thread."""

    def __init__(
        self, books: Bookkeeping, settings: Settings, renewal: Renewal, children: Children | None = None
    ) -> None:
        self._books = books
        self._store = books.store
        self._settings = settings
        self._renewal = renewal
        self._children = children or Children()
        self._door = wrapper.BrokerAddress(settings.host, settings.port)
        self._event = threading.Event()
        self._matchmaker = Matchmaker(books, settings, self.wake)
        self._purger = Purger(books, settings)
        self._next_watch = 0.0

    def wake(self) -> None:
        self._event.set()

    def run(self) -> None:
        """Never returns; whatever goes wrong with one round is logged and tried again."""
        # After a restart the gridmanagers would wait before they look what they were about.
        for account in {job.account for job in self._store.in_states(AT_CE) if not job.compound}:
            _hurry(account)
        while True:
            self._event.clear()
            began = time.monotonic()
            try:
                pause = self.round()
            except Exception:
                log.exception("a round failed")
                pause = SLOW
            self._event.wait(pause)
            time.sleep(max(0.0, began + BREATH - time.monotonic()))

    def round(self) -> float:
        """Look at every job that has something to come; returns the seconds after which to look again."""
        compound.settle(self._books)
        self._forget_unstarted()
        self._purger.look()
        self._send([job for job in self._store.in_states([State.WAITING]) if not job.compound])
        pause = self._watched()
        # What has just ended may free nodes of a DAG, or end one.
        compound.settle(self._books)
        self._renewal.keep(self._store.in_states([State.WAITING, *AT_CE]))
        waiting = [job.due for job in self._store.in_states([State.WAITING]) if not job.compound]
        dues = [max(0.1, due - time.time()) for due in waiting]
        return min([pause, *(max(due, QUICK) for due in dues)])

    def _forget_unstarted(self) -> None:
        """Jobs whose command died between registering and starting them."""
        for job in self._store.in_states([State.SUBMITTED]):
            if time.time() - job.submitted > self._settings.start_patience:
                self._books.aborted(job, "registered, but never started")

    # Match-making and sending

    def _send(self, jobs: Sequence[Job]) -> None:
        orders = []
        self._matchmaker.forget({job.id for job in jobs})
        # One after the other: the nodes of a DAG count those before them.
        for job in jobs:
            try:
                if job.due <= time.time() and self._may_go(job) and (chosen := self._matchmaker.choose(job)):
                    orders.append(self._prepare(job, chosen))
            except OSError as error:
                log.warning("%s: %s", job.id, error)
                self._store.update(job.id, due=time.time() + self._settings.retry_pause)
            except Exception as error:
                # No job may stop those of others.
                log.exception("%s", job.id)
                self._books.aborted(job, f"Cannot plan: {error}")
        self._submit([order for order in orders if order is not None])

    def _may_go(self, job: Job) -> bool:
        """Not before its parents in a DAG, and not with a proxy that ends too soon."""
        left = delegation.left(places.proxy(job))
        if left <= 0 or deadline.over(job):
            self._books.aborted(job, EXPIRED if left <= 0 else deadline.REASON)
            return False
        if self._renewal.look(job) and left < self._settings.proxy_margin:
            due = time.time() + self._settings.retry_pause
            self._books.pending(job, "its proxy is being renewed", due)
            return False
        held = compound.held_back(self._store, job)
        if held.failed:
            self._books.aborted(job, held.failed)
        return not held

    def _prepare(self, job: Job, chosen: Choice) -> condor.Order | None:
        """Book the match and lay out the attempt."""
        # Before the match is booked: after a crash the attempt is laid out again from it.
        places.write_data(job, chosen.data)
        fresh = self._books.matched(job, chosen.resource.ceid, secrets.token_urlsafe(18))
        return None if fresh is None else self._lay_out(fresh, chosen)

    def _lay_out(self, job: Job, chosen: Choice) -> condor.Order:
        rsl = wrapper.rsl(job, wrapper.spec(job, self._door, chosen.resource, chosen.data))
        places.make_attempt(job, {"ce": wrapper.contact(job.ceid).encode() + b"\n", "rsl": rsl.encode()})
        return condor.Order(
            job.attempt_name,
            job.account,
            str(places.attempt(job)),
            str(places.proxy(job)),
            wrapper.queue(job.ceid),
        )

    def _submit(self, orders: Sequence[condor.Order]) -> None:
        for account in dict.fromkeys(order.account for order in orders):
            mine = [order for order in orders if order.account == account]
            try:
                condor.submit(mine, self._children)
                _hurry(account)
            except condor.CondorError as error:
                # The watch finds them missing from the queue, and sends them again.
                log.warning("%d attempts not queued: %s", len(mine), error)

    # Watching

    def _watched(self) -> float:
        """Watch, but not at each word of a user or a wrapper; returns the seconds until the next time."""
        early = self._next_watch - time.monotonic()
        if early > 0:
            return early
        pause = self._watch()
        self._next_watch = time.monotonic() + QUICK
        return pause

    def _watch(self) -> float:
        jobs = [job for job in self._store.in_states(AT_CE) if not job.compound]
        left = self._store.leftovers()
        if not jobs and not left:
            return IDLE
        try:
            queue = {entry.attempt: entry for entry in condor.entries()}
        except condor.CondorError as error:
            log.warning("%s", error)
            return QUICK
        for job in jobs:
            fresh = self._books.open_job(job.id)
            if fresh is not None and fresh.attempt == job.attempt:
                try:
                    self._look(fresh, queue.get(job.attempt_name))
                except Exception:
                    log.exception("%s", job.id)
        self._clean(left, queue)
        if any(job.state is State.READY for job in jobs):
            return QUICK
        return min([SLOW, *(max(self._renewal.pause(job), QUICK) for job in jobs)])

    def _look(self, job: Job, entry: condor.Entry | None) -> None:
        directory = places.attempt(job)
        if job.state is State.READY and (directory / "contact").exists():
            self._books.at_ce(job, (directory / "contact").read_text().strip())
        if delegation.left(places.proxy(job)) <= 0:
            self._give_up(job, EXPIRED)
        elif job.state is not State.RUNNING and deadline.over(job):
            self._give_up(job, deadline.REASON)
        elif entry is None and not (directory / "ended").exists() and self._never_queued(job):
            self._send_again(job)
        elif entry is None or entry.status == condor.COMPLETED:
            self._failed(
                job, entry, places.text(directory / "ended") or "the job left the queue without a result"
            )
        elif entry.status == condor.HELD:
            self._failed(job, entry, places.text(directory / "error") or entry.hold_reason)
        elif entry.status == condor.REMOVED:
            self._failed(job, entry, "the job was removed from the broker's queue")
        elif places.away(directory) > self._settings.ce_patience:
            minutes = self._settings.ce_patience / 60
            text = f"the CE has not answered for {minutes:.0f} minutes: {places.text(directory / 'away')}"
            self._give_up(job, text)
        else:
            self._renewal.look(job)

    def _never_queued(self, job: Job) -> bool:
        """Booked, but RB went down or the schedd was away before the attempt was in the queue."""
        return job.state is State.READY and time.time() - job.since > QUICK

    def _send_again(self, job: Job) -> None:
        known = Choice(self._matchmaker.resource(job.ceid), places.data(job))
        self._submit([self._lay_out(job, known)])

    def _give_up(self, job: Job, reason: str) -> None:
        with self._store.change():
            if self._books.failed(job, reason):
                self._books.aborted(job, reason)

    def _failed(self, job: Job, entry: condor.Entry | None, text: str) -> None:
        """An attempt came to nothing: decide what comes of the job."""
        if entry is not None:
            with suppress(condor.CondorError):
                condor.remove([entry.cluster], text[:200])
        self.attempt_failed(job, text, started=bool(job.claim))

    def attempt_failed(self, job: Job, text: str, started: bool, final: bool = False) -> None:
        """Try again or abort; ``started`` when the user's program may have begun to run.

        ``final``: the job itself is to blame, so that no other try, and no other CE, would help.
        """
        reason = retries.globus_text(text)
        decided = retries.decide(job, reason, started, self._settings)
        verdict = retries.Verdict(False, reason) if final else decided
        if verdict.reason == EXPIRED and (left := delegation.left(places.proxy(job))) > 0:
            text = f"{EXPIRED} The CE takes none with only {left / 60:.0f} minutes left"
            verdict = retries.Verdict(False, text)
        with self._store.change():
            if not self._books.failed(job, reason):
                return
            if verdict.again:
                due = time.time() + verdict.pause
                self._books.resubmitted(job, not started, verdict.counted, due, reason)
            else:
                self._books.aborted(job, verdict.reason)
        if not final:
            self._matchmaker.avoid(job.ceid)
        self.wake()

    def _clean(self, jobs: Sequence[Job], queue: dict[str, condor.Entry]) -> None:
        """Get what is left of ended jobs out of the queue; a CE that is away gets its time to hear of it."""
        for job in jobs:
            mine = [entry for name, entry in queue.items() if name.rpartition(".")[0] == job.unique]
            done_well = job.state in (State.DONE, State.CLEARED)
            late = time.time() - job.changed > self._settings.ce_patience
            with suppress(condor.CondorError):
                if not mine:
                    self._store.update(job.id, leftover=False)
                    places.tidy(job, keep_output=done_well)
                elif late:
                    condor.forget([entry.cluster for entry in mine], "given up")
                elif not done_well:
                    condor.remove([e.cluster for e in mine if e.status != condor.REMOVED], job.reason[:200])
                elif all(entry.status == condor.HELD for entry in mine):
                    condor.remove([entry.cluster for entry in mine], "done")


def _hurry(account: str) -> None:
    threading.Thread(target=gridmanager.hurry, args=(account,), daemon=True, name="nudge").start()
